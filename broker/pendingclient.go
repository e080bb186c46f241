package broker

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"time"

	"github.com/handoff-go/handoff/fallback"
	"github.com/handoff-go/handoff/internal/fdpass"
	"github.com/handoff-go/handoff/wire"
)

// pendingClient is a client that has not sent all of its first bytes: its hello, or what its route
// needs.
type pendingClient struct {
	b     *Broker
	conn  *clientConn
	route Route // nil: the explicit mode
	local net.Addr
	from  net.Addr
	began time.Time

	hello   []byte // explicit: what was read of its frame
	request Request
	peeked  []byte // plain: a buffer to peek into
}

// admit serves a client at once if its first bytes have arrived, and otherwise in a goroutine of its
// own as soon as they have. Spec: AcceptClient.
func (b *Broker) admit(c *pendingClient) {
	if b.o.Trace != nil {
		b.trace(Event{Op: OpAcceptClient, Note: remote(c.from)})
	}
	if !b.enter() {
		c.conn.end("shutting down")
		return
	}
	done, err := c.poll(c.conn.fd)
	switch {
	case err != nil:
		c.fail(err)
	case done:
		c.start(false)
	case b.waiting.Add(1) > int64(b.o.MaxWaiting):
		b.waiting.Add(-1)
		c.fail(errWaiting)
	default:
		go func() {
			err := c.wait()
			b.waiting.Add(-1)
			if err != nil {
				c.fail(err)
				return
			}
			c.start(true)
		}()
	}
}

// wait waits for the first bytes, with one deadline for all of them.
func (c *pendingClient) wait() error {
	if err := c.conn.watch(); err != nil {
		return err
	}
	file := c.conn.file
	if err := file.SetReadDeadline(c.began.Add(c.b.o.FirstBytes)); err != nil {
		return err
	}
	stop := context.AfterFunc(c.b.closing, func() { _ = file.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	var inner error
	err := c.conn.raw.Read(func(fd uintptr) bool {
		var done bool
		done, inner = c.poll(int(fd))
		return done || inner != nil
	})
	if err == nil {
		err = inner
	}
	switch {
	case timeout(err) && c.b.closing.Err() != nil:
		return ErrClosed
	case timeout(err):
		return errSlow
	}
	return err
}

// fail disconnects a client whose request is not known. That it hung up, or that the broker shuts
// down, is nothing to report.
func (c *pendingClient) fail(err error) {
	level := slog.LevelInfo
	if errors.Is(err, io.EOF) || errors.Is(err, ErrClosed) {
		level = slog.LevelDebug
	}
	c.b.log.Log(context.Background(), level, "client disconnected", "client", remote(c.from), "error", err)
	c.conn.end("no request")
	c.b.outcomes[Closed].Add(1)
	if c.b.o.OnOutcome != nil {
		why := fallback.Decision{Reason: withoutRequest(err)}
		c.b.o.OnOutcome(Outcome{Kind: Closed, Decision: why, Err: err, Took: time.Since(c.began)})
	}
	c.b.leave()
}

// withoutRequest says why no backend could adopt the connection of a client that err disconnects.
func withoutRequest(err error) fallback.Reason {
	switch {
	case errors.Is(err, errWaiting):
		return fallback.FDPressureDisabled
	case errors.Is(err, ErrClosed):
		return fallback.ServicePolicyDisabled
	}
	return fallback.ClientUnsupported
}

// poll reports whether all first bytes have arrived. It never waits.
func (c *pendingClient) poll(fd int) (bool, error) {
	if c.route == nil {
		return c.readHello(fd)
	}
	return c.askRoute(fd)
}

// readHello reads the hello's frame and not a byte more: what the client wrote behind it is for the
// backend.
func (c *pendingClient) readHello(fd int) (bool, error) {
	var room [4096]byte
	for {
		missing, err := c.missing()
		if err != nil {
			return false, helloError(err)
		}
		if missing == 0 {
			return true, nil
		}
		n, err := fdpass.TryRead(fd, room[:min(missing, len(room))])
		switch {
		case err == fdpass.ErrWouldBlock:
			return false, nil
		case err != nil:
			return false, err
		}
		c.hello = append(c.hello, room[:n]...)
	}
}

// helloError says that what a client sent is not a hello.
func helloError(err error) error { return fmt.Errorf("broker: read a client's hello: %w", err) }

// missing returns how many bytes of the hello's frame are missing.
func (c *pendingClient) missing() (int, error) {
	switch {
	case len(c.hello) > 0 && c.hello[0] != wire.Version:
		return 0, wire.ErrFraming
	case len(c.hello) < wire.HeaderSize:
		return wire.HeaderSize - len(c.hello), nil
	}
	size := binary.LittleEndian.Uint32(c.hello[1:])
	if size > wire.MaxHello {
		return 0, &wire.FrameSizeError{Size: size, Max: wire.MaxHello}
	}
	return wire.HeaderSize + int(size) - len(c.hello), nil
}

// askRoute peeks at what the client has sent and asks the route. The bytes stay in the socket, for
// the backend to read. Spec: Route.
func (c *pendingClient) askRoute(fd int) (bool, error) {
	client := Client{Local: c.local, Remote: c.from}
	request, err := c.route(client) // perhaps it needs no byte
	if errors.Is(err, ErrMore) {
		if client.Sent, err = c.peek(fd); err != nil {
			return false, err
		}
		client.Ended = len(client.Sent) == MaxPeek || fdpass.PeerClosed(fd)
		if len(client.Sent) == 0 && !client.Ended {
			return false, nil
		}
		request, err = c.route(client)
	}
	switch {
	case errors.Is(err, ErrMore) && !client.Ended:
		return false, nil
	case err != nil:
		return false, err
	}
	if request.ClientAddress == "" {
		request.ClientAddress = remote(c.from)
	}
	c.request = request
	return true, request.check()
}

func (c *pendingClient) peek(fd int) ([]byte, error) {
	if c.peeked == nil {
		c.peeked = make([]byte, 1024)
	}
	for {
		n, err := fdpass.Peek(fd, c.peeked)
		switch {
		case err == fdpass.ErrWouldBlock, err == io.EOF:
			return nil, nil
		case err != nil:
			return nil, err
		case n < len(c.peeked) || n == MaxPeek:
			return c.peeked[:n], nil
		}
		c.peeked = make([]byte, MaxPeek)
	}
}

// start begins the transfer of a client whose request is known. mayWait says that this goroutine is
// the client's own; the accept loop must not wait.
func (c *pendingClient) start(mayWait bool) {
	t := &transfer{b: c.b, request: c.request, conn: c.conn, began: c.began}
	var why fallback.Decision
	if c.route == nil {
		if !c.answerHello(t) {
			return
		}
	} else {
		c.b.trace(Event{Op: OpRoute, Note: c.request.Service})
		why = t.admit()
	}
	r := offerResult{offerRefused, why}
	if why.Reason == 0 {
		if r = t.offerNext(why, false); r.kind == offerMade {
			return // the transfer is the link's
		}
	}
	if mayWait {
		t.serveRefused(r)
	} else {
		go t.serveRefused(r)
	}
}

// answerHello answers the hello of a client, and reports whether its connection is to be handed
// over. Otherwise the client has its final answer. Spec: ReadHello, SendReply.
func (c *pendingClient) answerHello(t *transfer) bool {
	hello, invalid, err := parseHello(c.hello)
	if err != nil {
		c.b.trace(Event{Op: OpReadHello, Err: err})
		c.fail(helloError(err))
		return false
	}
	c.b.trace(Event{Op: OpReadHello, Note: hello.Service})
	t.request = Request{Service: hello.Service, ClientAddress: remote(c.from)}
	why := t.admit()
	reply := wire.HelloReply{FrameID: hello.FrameID}
	if reply.Refused = c.b.refusal(hello, invalid); reply.Refused != nil {
		why = fallback.Decision{Reason: fallback.ServicePolicyDisabled, RetryAfter: reply.Refused.RetryAfter}
	} else {
		reply.Negotiated, why, err = t.negotiate(hello, why)
	}
	if err == nil {
		err = t.conn.write(reply.Append(nil))
	}
	c.b.trace(Event{Op: OpSendReply, Err: err})
	if err != nil {
		c.b.inFlight.Add(-1)
		c.fail(err)
		return false
	}
	if !t.ready.IsZero() {
		return true
	}
	go t.endByReply(why)
	return false
}

// serveRefused goes on with a connection of Serve's that no backend took at once.
func (t *transfer) serveRefused(r offerResult) {
	if r.kind == offerWaits {
		r = t.offerLater(t.b.forceCtx, r.why)
	}
	if r.kind != offerMade {
		t.finish(t.giveUp(r.why, true))
	}
}
