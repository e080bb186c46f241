package broker

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"time"

	"github.com/handoff-go/handoff/internal/fdpass"
	"github.com/handoff-go/handoff/wire"
)

// pendingClient is a client whose first bytes are not all in.
type pendingClient struct {
	b     *Broker
	conn  *clientConn
	route Route // nil: the explicit mode
	local net.Addr
	from  net.Addr
	began time.Time

	hello   []byte // explicit: what of its frame is in
	request Request
	peeked  []byte // plain: room for what is peeked at
}

// admit serves a client at once if its first bytes are in, and else in a goroutine of
// its own as soon as they are. Spec: AcceptClient.
func (b *Broker) admit(a *pendingClient) {
	if b.o.Trace != nil {
		b.trace(Event{Op: OpAcceptClient, Note: remote(a.from)})
	}
	if !b.enter() {
		a.conn.end("shutting down")
		return
	}
	done, err := a.look(a.conn.fd)
	switch {
	case err != nil:
		a.fail(err)
	case done:
		a.depart(false)
	case b.waiting.Add(1) > int64(b.o.MaxWaiting):
		b.waiting.Add(-1)
		a.fail(errSlow)
	default:
		go func() {
			err := a.wait()
			b.waiting.Add(-1)
			if err != nil {
				a.fail(err)
				return
			}
			a.depart(true)
		}()
	}
}

// wait waits until the first bytes are in, with one deadline for all of them.
func (a *pendingClient) wait() error {
	if err := a.conn.watch(); err != nil {
		return err
	}
	file := a.conn.file
	if err := file.SetReadDeadline(a.began.Add(a.b.o.FirstBytes)); err != nil {
		return err
	}
	stop := context.AfterFunc(a.b.closing, func() { _ = file.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	var inner error
	err := a.conn.raw.Read(func(fd uintptr) bool {
		var done bool
		done, inner = a.look(int(fd))
		return done || inner != nil
	})
	if err == nil {
		err = inner
	}
	if timeout(err) {
		err = errSlow
	}
	return err
}

// fail ends a client of whom nothing is known.
func (a *pendingClient) fail(err error) {
	a.b.log.Debug("client ended", "client", remote(a.from), "error", err)
	a.conn.end("no request")
	a.b.outcomes[Closed].Add(1)
	if a.b.o.OnOutcome != nil {
		a.b.o.OnOutcome(Outcome{Kind: Closed, Took: time.Since(a.began)})
	}
	a.b.leave()
}

// look reports whether the first bytes are in. It never waits.
func (a *pendingClient) look(fd int) (bool, error) {
	if a.route == nil {
		return a.readHello(fd)
	}
	return a.askRoute(fd)
}

// readHello reads the hello's frame and not a byte more: what the client wrote behind it
// is for the backend.
func (a *pendingClient) readHello(fd int) (bool, error) {
	var room [4096]byte
	for {
		left, err := a.left()
		if err != nil || left == 0 {
			return left == 0, err
		}
		n, err := fdpass.TryRead(fd, room[:min(left, len(room))])
		switch {
		case err == fdpass.ErrWouldBlock:
			return false, nil
		case err != nil:
			return false, err
		}
		a.hello = append(a.hello, room[:n]...)
	}
}

// left returns how many bytes the frame of the hello lacks.
func (a *pendingClient) left() (int, error) {
	switch {
	case len(a.hello) > 0 && a.hello[0] != wire.Version:
		return 0, wire.ErrFraming
	case len(a.hello) < wire.HeaderSize:
		return wire.HeaderSize - len(a.hello), nil
	}
	size := binary.LittleEndian.Uint32(a.hello[1:])
	if size > wire.MaxHello {
		return 0, &wire.FrameSizeError{Size: size, Max: wire.MaxHello}
	}
	return wire.HeaderSize + int(size) - len(a.hello), nil
}

// askRoute peeks at what the client has sent and asks the route. It decides by the bytes,
// not by how often it is asked: they stay where they are. Spec: Route.
func (a *pendingClient) askRoute(fd int) (bool, error) {
	c := Client{Local: a.local, Remote: a.from}
	request, err := a.route(c) // perhaps it needs no byte
	if errors.Is(err, ErrMore) {
		if c.Sent, err = a.peek(fd); err != nil {
			return false, err
		}
		c.Ended = len(c.Sent) == MaxPeek || fdpass.PeerClosed(fd)
		if len(c.Sent) == 0 && !c.Ended {
			return false, nil
		}
		request, err = a.route(c)
	}
	switch {
	case errors.Is(err, ErrMore) && !c.Ended:
		return false, nil
	case err != nil:
		return false, err
	}
	if request.ClientAddress == "" {
		request.ClientAddress = remote(a.from)
	}
	a.request = request
	return true, request.check()
}

func (a *pendingClient) peek(fd int) ([]byte, error) {
	if a.peeked == nil {
		a.peeked = make([]byte, 1024)
	}
	for {
		n, err := fdpass.Peek(fd, a.peeked)
		switch {
		case err == fdpass.ErrWouldBlock, err == io.EOF:
			return nil, nil
		case err != nil:
			return nil, err
		case n < len(a.peeked) || n == MaxPeek:
			return a.peeked[:n], nil
		}
		a.peeked = make([]byte, MaxPeek)
	}
}

// depart begins the transfer of a client that is known. own says that this goroutine may
// wait.
func (a *pendingClient) depart(own bool) {
	p := &transfer{b: a.b, request: a.request, conn: a.conn, began: a.began}
	if a.route == nil {
		if !a.greet(p) {
			return
		}
	} else {
		a.b.trace(Event{Op: OpRoute, Note: a.request.Service})
		p.enter()
	}
	var offered, busy bool
	if p.why.Reason == 0 {
		if offered, busy = p.offerNext(); offered {
			return // the transfer is the link's
		}
	}
	rest := func() {
		if busy && p.offerLater(p.b.forceCtx) {
			return
		}
		p.finish(p.giveUp(true))
	}
	if own {
		rest()
	} else {
		go rest()
	}
}
