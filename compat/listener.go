package compat

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"

	"github.com/handoff-go/handoff/backend"
	"github.com/handoff-go/handoff/internal/fdpass"
	"github.com/handoff-go/handoff/wire"
)

// acceptPause is the longest pause after an accept that failed for lack of descriptors or memory.
const acceptPause = time.Second

// Listener is a net.Listener for connections that are handed over in the older form. Make one with
// Listen. Its methods are safe for concurrent use.
type Listener struct {
	control  *net.UnixListener
	service  string
	o        Options
	ledger   fdpass.Ledger
	accepted chan *Conn
	slots    chan struct{} // one for each handoff in progress
	closing  context.Context
	close    context.CancelFunc
	running  sync.WaitGroup
	failure  error // of the control socket; run sets it, and it is read when running is done
}

// Listen returns a listener that takes one handoff from each connection to the control socket, which
// belongs to it from then on. See [Accept] for what is promised.
func Listen(control *net.UnixListener, service string, o Options) (*Listener, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	if err := wire.CheckService(service); err != nil {
		return nil, err
	}
	ln := &Listener{control: control, service: service, o: o, accepted: make(chan *Conn), slots: make(chan struct{}, o.Queue)}
	ln.closing, ln.close = context.WithCancel(context.Background())
	ln.running.Go(ln.run)
	return ln, nil
}

func (ln *Listener) run() {
	for {
		select {
		case ln.slots <- struct{}{}:
		case <-ln.closing.Done():
			return
		}
		link, err := ln.acceptLink()
		if err != nil {
			ln.failure = err
			ln.close()
			return
		}
		ln.running.Go(func() {
			defer func() { <-ln.slots }()
			ln.receive(link)
		})
	}
}

// acceptLink accepts a broker's connection. While this process or system has no descriptor or memory
// for it, it waits, and the broker stays in the backlog. Any other error is for good.
func (ln *Listener) acceptLink() (*net.UnixConn, error) {
	wait := fdpass.Backoff{Most: acceptPause}
	for {
		link, err := ln.control.AcceptUnix()
		if err == nil || !fdpass.IsShortage(err) {
			return link, err
		}
		if ln.o.Logger != nil {
			ln.o.Logger.Warn("broker not accepted", "address", ln.Addr(), "error", err)
		}
		if !wait.Sleep(ln.closing.Done()) {
			return nil, net.ErrClosed
		}
	}
}

func (ln *Listener) receive(link *net.UnixConn) {
	ctx, cancel := context.WithTimeout(ln.closing, ln.o.Handshake)
	defer cancel()
	c, err := accept(ctx, link, ln.service, &ln.ledger)
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

// Accept waits for the next connection, a *Conn. After Close it returns net.ErrClosed, and after the
// control socket failed for good, its error. A lack of descriptors or memory does not end it: brokers
// are accepted again once there are some.
func (ln *Listener) Accept() (net.Conn, error) {
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

// Close ends the listener, the control socket, and the connections that no Accept has returned. It
// blocks until nothing is in progress.
func (ln *Listener) Close() error {
	ln.close()
	err := ln.control.Close()
	ln.running.Wait()
	return err
}

// Addr returns the address of the control socket.
func (ln *Listener) Addr() net.Addr { return ln.control.Addr() }

// Descriptors returns the counts of what was received.
func (ln *Listener) Descriptors() backend.Descriptors { return backend.Descriptors(ln.ledger.Stats()) }
