package backend

import (
	"context"
	"log/slog"
	"net"
	"sync"

	"github.com/handoff-go/handoff/internal/fdpass"
	"github.com/handoff-go/handoff/wire"
)

// Listener is a net.Listener whose connections a broker hands over. Make one with Listen;
// the zero Listener is not usable, and a Listener must not be copied. All methods are
// safe for concurrent use.
type Listener struct {
	o         Options
	log       *slog.Logger
	service   string
	address   *net.UnixAddr
	namespace wire.TimeNamespace
	ledger    fdpass.Ledger

	closing context.Context // ends with Close
	close   context.CancelFunc
	dialing context.Context // ends with closing, or when Drain finds no link
	hangUp  context.CancelFunc
	done    chan struct{} // closed when the last link is over

	mu       sync.Mutex
	link     *link         // nil while there is none
	links    uint64        // numbers them
	queue    []*offer      // not acknowledged, oldest first
	ready    []*offer      // owned, and no Accept was waiting
	waiters  []chan *offer // Accepts; who removes one sends it what is owned, or nil: look again
	closed   bool
	draining bool
	counts   counts
}

// Listen links with the broker behind the control socket, a path or an abstract name that
// begins with @, as a backend of the service, and returns a listener for the connections
// that it hands over. It blocks until the broker says welcome, or ctx ends; ctx has no
// meaning afterwards.
//
// When the link is lost later, the listener dials again until it is closed: Accept does
// not fail because a broker went away.
//
// The error is that of the dial, ctx's, a *RefusedError, an *OptionError, wire.ErrService,
// or an *UnsupportedError where the system cannot pass descriptors.
func Listen(ctx context.Context, control, service string, o Options) (*Listener, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	if err := wire.CheckService(service); err != nil {
		return nil, err
	}
	if _, err := fdpass.Clock(); err == fdpass.ErrUnsupported {
		return nil, &UnsupportedError{What: "receiving descriptors on this system"}
	} else if err != nil {
		return nil, err
	}
	ln := &Listener{
		o:       o,
		log:     o.Logger,
		service: service,
		address: &net.UnixAddr{Name: control, Net: "unix"},
		done:    make(chan struct{}),
	}
	if ln.log == nil {
		ln.log = slog.New(slog.DiscardHandler)
	}
	// Without a namespace to compare there is no lease.
	ln.namespace.Device, ln.namespace.Inode, _ = fdpass.TimeNamespace()
	ln.closing, ln.close = context.WithCancel(context.Background())
	ln.dialing, ln.hangUp = context.WithCancel(ln.closing)
	first, err := ln.dial(ctx)
	if err != nil {
		ln.close()
		return nil, err
	}
	go ln.run(first)
	return ln, nil
}

// Addr returns the address of the broker's control socket.
func (ln *Listener) Addr() net.Addr { return ln.address }

// Accept waits for the next connection, a *Conn, that this backend owns. It fails with
// net.ErrClosed only, after Close, or after a Drain that is done.
//
// While an Accept waits, offers are acknowledged for it; otherwise they queue, and may go
// to another backend. An Accept that has a connection and no descriptor left to return it
// with (EMFILE) waits for one.
func (ln *Listener) Accept() (net.Conn, error) {
	for {
		owned, o, wait := ln.next()
		switch {
		case owned != nil:
		case o != nil:
			owned = o.acknowledge()
		case wait != nil:
			owned = <-wait
		default:
			return nil, net.ErrClosed
		}
		if owned == nil {
			continue
		}
		if c := owned.serve(); c != nil {
			return c, nil
		}
	}
}

// next returns an offer that is owned already, or one to acknowledge, or otherwise a
// channel to wait on; nothing if the listener is closed.
func (ln *Listener) next() (owned, queued *offer, wait chan *offer) {
	ln.mu.Lock()
	defer ln.mu.Unlock()
	switch {
	case len(ln.ready) > 0:
		o := ln.ready[0]
		ln.ready[0] = nil
		ln.ready = ln.ready[1:]
		return o, nil, nil
	case ln.closed:
		return nil, nil, nil
	case len(ln.queue) > 0:
		o := ln.queue[0]
		ln.queue[0] = nil
		ln.queue = ln.queue[1:]
		o.beginAckLocked()
		return nil, o, nil
	}
	wait = make(chan *offer, 1)
	ln.waiters = append(ln.waiters, wait)
	return nil, nil, wait
}

// reserveLocked returns an Accept that waits, or nil. The caller must send to it.
func (ln *Listener) reserveLocked() chan *offer {
	if len(ln.waiters) == 0 {
		return nil
	}
	wait := ln.waiters[0]
	ln.waiters = ln.waiters[1:]
	return wait
}

// deliver gives an offer that became owned by a commit to an Accept, now or later.
func (ln *Listener) deliver(o *offer) {
	ln.mu.Lock()
	closed := ln.closed
	wait := ln.reserveLocked()
	if wait == nil && !closed {
		ln.ready = append(ln.ready, o)
	}
	ln.mu.Unlock()
	switch {
	case wait != nil:
		wait <- o
	case closed:
		o.endOwned()
	}
}

// Close gives up the link and everything that is not owned, and ends the connections
// that no Accept has returned. Accepts return net.ErrClosed. It blocks until the link is
// over. Connections that were accepted live on. It returns nil, always.
//
// A connection whose ACK the broker has not answered is lost by it; Drain loses none.
func (ln *Listener) Close() error {
	ln.shut()
	ln.close()
	ln.mu.Lock()
	l := ln.link
	ready := ln.ready
	ln.ready = nil
	ln.mu.Unlock()
	for _, o := range ready {
		o.endOwned()
	}
	if l != nil {
		l.fail(net.ErrClosed)
	}
	<-ln.done
	return nil
}

// shut has Accepts return once nothing that is owned is left.
func (ln *Listener) shut() {
	ln.mu.Lock()
	ln.closed = true
	waiters := ln.waiters
	ln.waiters = nil
	ln.mu.Unlock()
	for _, wait := range waiters {
		wait <- nil
	}
}

// Drain takes the backend out of service without losing a connection: it tells the broker
// to offer no more, and waits until everything that is under way is decided. Somebody
// should go on to Accept meanwhile. Then the listener closes: Accepts return what is left,
// and then net.ErrClosed. It returns nil, or ctx's error, when draining goes on.
//
// An http.Server that is to lose no request either must not be told to Shutdown as long
// as it has connections: it drops a request that it has not read by then. Call its
// SetKeepAlivesEnabled(false) after Drain, and wait until its connections have ended.
func (ln *Listener) Drain(ctx context.Context) error {
	ln.mu.Lock()
	ln.draining = true
	l := ln.link
	ln.mu.Unlock()
	if l != nil {
		l.write(&wire.Draining{})
	} else {
		ln.hangUp() // nobody is dialled any more
	}
	select {
	case <-ln.done:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
