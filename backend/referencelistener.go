package backend

import (
	"context"
	"errors"
	"net"
	"sync"

	"github.com/handoff-go/handoff/internal/fdpass"
	"github.com/handoff-go/handoff/wire"
)

// ReferenceListener is a net.Listener for connections that are handed over in the
// reference's form. Make one with ListenReference. Its methods are safe for concurrent
// use.
type ReferenceListener struct {
	control  *net.UnixListener
	service  string
	o        Options
	ledger   fdpass.Ledger
	accepted chan *Conn
	slots    chan struct{} // one for each handoff under way
	closing  context.Context
	close    context.CancelFunc
	running  sync.WaitGroup
	failure  error // of the control socket, when accepted is closed
}

// ListenReference returns a listener that takes one handoff from each connection to the
// control socket, which belongs to it. See AcceptReference for what is promised. Of the
// options it heeds Handshake, for the whole of one handoff, and Queue, for how many may be
// under way at once: they are acknowledged before an Accept has come.
func ListenReference(control *net.UnixListener, service string, o Options) (*ReferenceListener, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	if err := wire.CheckService(service); err != nil {
		return nil, err
	}
	ln := &ReferenceListener{control: control, service: service, o: o, accepted: make(chan *Conn), slots: make(chan struct{}, o.Queue)}
	ln.closing, ln.close = context.WithCancel(context.Background())
	ln.running.Go(ln.run)
	return ln, nil
}

func (ln *ReferenceListener) run() {
	for {
		select {
		case ln.slots <- struct{}{}:
		case <-ln.closing.Done():
			return
		}
		link, err := ln.control.AcceptUnix()
		if err != nil {
			ln.failure = err
			ln.close()
			return
		}
		ln.running.Go(func() {
			defer func() { <-ln.slots }()
			ln.one(link)
		})
	}
}

func (ln *ReferenceListener) one(link *net.UnixConn) {
	ctx, cancel := context.WithTimeout(ln.closing, ln.o.Handshake)
	defer cancel()
	c, err := acceptReference(ctx, link, ln.service, &ln.ledger)
	if err != nil {
		if ln.o.Logger != nil {
			ln.o.Logger.Info("no handoff", "error", err)
		}
		return
	}
	select {
	case ln.accepted <- c:
	case <-ln.closing.Done():
		c.Close()
	}
}

// Accept waits for the next connection, a *Conn. After Close it returns net.ErrClosed, and
// after the control socket failed, that error.
func (ln *ReferenceListener) Accept() (net.Conn, error) {
	select {
	case c := <-ln.accepted:
		return c, nil
	case <-ln.closing.Done():
	}
	ln.running.Wait()
	if ln.failure != nil && !errors.Is(ln.failure, net.ErrClosed) {
		return nil, ln.failure
	}
	return nil, net.ErrClosed
}

// Close ends the listener, the control socket, and the connections that no Accept has
// returned. It blocks until nothing is under way.
func (ln *ReferenceListener) Close() error {
	ln.close()
	err := ln.control.Close()
	ln.running.Wait()
	return err
}

// Addr returns the address of the control socket.
func (ln *ReferenceListener) Addr() net.Addr { return ln.control.Addr() }

// Descriptors returns the counts of what was received.
func (ln *ReferenceListener) Descriptors() Descriptors { return Descriptors(ln.ledger.Stats()) }
