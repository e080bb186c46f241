package backend

import (
	"context"
	"log/slog"
	"net"
	"sync"

	"github.com/handoff-go/handoff/internal/fdpass"
	"github.com/handoff-go/handoff/wire"
)

// Listener is a net.Listener whose connections a broker hands over. Listen makes one; the
// zero Listener is not usable, and a Listener must not be copied. All methods are safe for
// concurrent use.
type Listener struct {
	o         Options
	log       *slog.Logger
	service   string
	address   *net.UnixAddr
	namespace wire.TimeNamespace
	ledger    fdpass.Ledger

	closing     context.Context // ends with Close
	close       context.CancelFunc
	dialing     context.Context // ends with closing, or when Drain finds no link
	stopDialing context.CancelFunc
	done        chan struct{} // closed when the last link has ended

	mu      sync.Mutex
	state   state
	link    *link  // nil: there is none
	links   uint64 // how many were dialled; the id of the latest
	accepts acceptQueue
	counts  counts
}

// state is what a listener does. It only grows, by enterLocked.
type state uint8

const (
	serving  state = iota // it takes offers, and dials when its link is lost
	draining              // it decides what it was offered, and dials no more
	closed                // Accepts return what is owned, and then net.ErrClosed
)

// enterLocked moves the listener on to a later state.
func (ln *Listener) enterLocked(s state) { ln.state = max(ln.state, s) }

// Listen links with the broker behind the control socket, a path or an abstract name that
// begins with @, as a backend of the service. It returns a listener for the connections that
// the broker hands over. It blocks until the broker has sent its welcome, or ctx ends: a
// broker that is not there yet is waited for, and Options.Logger is told so. Afterwards ctx
// has no meaning.
//
// When the link is lost later, the listener dials again until it is closed: Accept does not
// fail because a broker went away.
//
// The error is or wraps that of the dial, ctx's, a *RefusedError, an *OptionError,
// wire.ErrService, or an *UnsupportedError where the system cannot pass descriptors.
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
	// A namespace that is not known stays zero, and the broker grants no lease.
	ln.namespace.Device, ln.namespace.Inode, _ = fdpass.TimeNamespace()
	ln.closing, ln.close = context.WithCancel(context.Background())
	ln.dialing, ln.stopDialing = context.WithCancel(ln.closing)
	first, err := ln.firstLink(ctx)
	if err != nil {
		ln.close()
		return nil, err
	}
	go ln.run(first)
	return ln, nil
}

// Addr returns the address of the broker's control socket.
func (ln *Listener) Addr() net.Addr { return ln.address }

// Accept waits for the next connection that this backend owns, and returns it as a *Conn. It
// fails only with net.ErrClosed, after Close, or when a Drain is done.
//
// While an Accept waits, offers are acknowledged for it. Otherwise they are queued without
// an ACK, and the broker may give them to another backend. If the process has no descriptor
// left (EMFILE), Accept waits until it can return the connection.
func (ln *Listener) Accept() (net.Conn, error) {
	for {
		owned, queued, wait := ln.next()
		switch {
		case owned != nil:
		case queued != nil:
			owned = queued.acceptQueued()
		case wait != nil:
			owned = <-wait
		default:
			return nil, net.ErrClosed
		}
		if owned == nil {
			continue
		}
		if c := owned.conn(); c != nil {
			return c, nil
		}
	}
}

// next returns a connection that is owned, or an offer to acknowledge, or otherwise a
// channel to wait on; nothing if the listener is closed.
func (ln *Listener) next() (owned, queued *offer, wait <-chan *offer) {
	ln.mu.Lock()
	defer ln.mu.Unlock()
	if o := ln.accepts.popOwned(); o != nil {
		return o, nil, nil
	}
	if ln.state == closed {
		return nil, nil, nil
	}
	if o := ln.accepts.popOffer(); o != nil {
		o.advanceLocked(onAccept)
		o.link.ackers.Add(1) // the link's end, which waits for them, would have taken the offer
		return nil, o, nil
	}
	return nil, nil, ln.accepts.wait()
}

// deliver gives a connection that a commit made this backend's to an Accept, now or later.
func (ln *Listener) deliver(o *offer) {
	ln.mu.Lock()
	wait := ln.accepts.popWaiter()
	end := wait == nil && ln.state == closed
	if wait == nil && !end {
		ln.accepts.pushOwned(o)
	}
	ln.mu.Unlock()
	switch {
	case wait != nil:
		wait <- o
	case end:
		o.endOwned()
	}
}

// Close ends the link, closes every connection that this backend does not own, and shuts
// down those that it owns and no Accept has returned. Accepts return net.ErrClosed. Close
// blocks until the link has ended. Connections that Accept returned live on. It returns
// nil, always.
//
// A connection whose ACK the broker has not answered may lose its client by it; Drain loses
// none.
func (ln *Listener) Close() error {
	ln.stopAccepting()
	ln.close()
	ln.mu.Lock()
	l := ln.link
	owned := ln.accepts.takeOwned()
	ln.mu.Unlock()
	for _, o := range owned {
		o.endOwned()
	}
	if l != nil {
		l.fail(net.ErrClosed)
	}
	<-ln.done
	return nil
}

// stopAccepting closes the listener for Accepts: they return once nothing is owned.
func (ln *Listener) stopAccepting() {
	ln.mu.Lock()
	ln.enterLocked(closed)
	waiters := ln.accepts.takeWaiters()
	ln.mu.Unlock()
	for _, wait := range waiters {
		wait <- nil
	}
}

// Drain takes the backend out of service without losing a connection: it asks the broker to
// offer no more, and waits until every offer is decided and the link has ended. Somebody
// should go on calling Accept meanwhile. Then the listener closes: Accepts return what is
// owned, and then net.ErrClosed. Drain returns nil, or ctx's error; draining goes on then.
//
// An http.Server that must not lose a request either must not be told to Shutdown while it
// has connections: it drops a request that it has not begun to read. Call its
// SetKeepAlivesEnabled(false) after Drain, and wait until its connections have ended.
func (ln *Listener) Drain(ctx context.Context) error {
	ln.mu.Lock()
	ln.enterLocked(draining)
	l := ln.link
	ln.mu.Unlock()
	if l != nil {
		l.write(&wire.Draining{})
	} else {
		ln.stopDialing()
	}
	select {
	case <-ln.done:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
