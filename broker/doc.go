// Package broker accepts clients and hands their connections to backend processes, over Unix
// sockets, so that a connection never has two owners.
//
// A backend, package [github.com/handoff-go/handoff/backend], links with the broker's
// control socket and names its service. A client of the explicit mode says in its hello
// which service it wants; for a plain one, which knows nothing of handoff, a [Route]
// says so. Then the connection is offered to the backend with the fewest undecided offers: its
// descriptor travels with the offer. The backend acknowledges before a deadline, or the
// next one is tried; in the end the client is told to reconnect, proxied or disconnected.
//
//	b, err := broker.New(broker.Options{Reconnect: "/run/echo.sock"})
//	go b.ServeBackends(control) // a *net.UnixListener with mode 0600
//	go b.Serve(clients, nil)    // a *net.TCPListener or *net.UnixListener, without a route
//	...
//	stats, err := b.Shutdown(ctx)
//
// # One owner
//
// On one Linux kernel a send is atomic with its arrival, and what arrived can be read
// after the sender died. Both sides read one clock, if their time namespace is the same.
// So ownership is a lease: the offer says until when, by the kernel's clock. A backend
// that reads that clock after the last byte of its ACK was written, and finds it before
// the end of the lease, owns the connection and serves at once. Otherwise it waits for
// the broker's word: commit or revoke.
//
// At a deadline the broker first reads the clock, then the link until nothing is left, and only
// then expires the handoff, by that reading. If no ACK was there, none was sent in time, and the
// broker owns the connection again; it offers it again only when the earlier holder has said that
// its copy is closed. An ACK that is read too late ends the connection for everybody: nobody owning
// it beats two.
//
// Where there is no lease (another time namespace, or not Linux) the backend always
// waits for commit.
//
// # What is not promised
//
// An owner that never serves keeps its client. A connection that was fenced may have had
// a request executed: a client must repeat only what it may repeat. With the broker dead
// and a holder stuck, only the client's own timeout helps. Package
// [github.com/handoff-go/handoff/compat] speaks an older form, which has no lease and promises no
// single owner.
package broker
