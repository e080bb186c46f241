// Package backend is the side of a handoff that serves. Its [Listener] is a net.Listener
// whose connections a broker accepted and handed over: a server that is given one needs no
// change.
//
//	ln, err := backend.Listen(ctx, "/run/broker.control", "echo", backend.Options{})
//	...
//	go server.Serve(ln)
//	...
//	ln.Drain(ctx) // the broker offers no more, and nothing is lost
//	server.Shutdown(ctx)
//
// A connection that Accept returns is owned by this process alone; package broker states the
// rules. Until it is owned, this package holds a copy of it and nothing more: it reads and
// writes nothing, and changes no option, because all copies share the connection.
package backend
