package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/handoff-go/handoff/wire"
)

// caller makes clients. Its clients speak the wire format by themselves, so that both
// ways to a backend cost the client the same.
type caller struct {
	network          string
	explicit, direct string
	dialer           net.Dialer
}

var (
	errAnswer   = errors.New("another answer than the request")
	errFellBack = errors.New("not handed over: the broker said fallback")
)

// way is one way to an answer of a backend.
type way struct {
	name string
	call func(context.Context, *caller) (timing, error)
}

// timing is how long one call took, from before connect.
type timing struct {
	ready  time.Duration // until the client was told ready; zero: it is not told
	answer time.Duration // until the answer was whole
}

// ways are what is compared. The last one is what the others replace.
func ways() []way {
	return []way{
		{"handoff", func(ctx context.Context, c *caller) (timing, error) { return c.handoff(ctx, false) }},
		{"handoff, waiting", func(ctx context.Context, c *caller) (timing, error) { return c.handoff(ctx, true) }},
		{"reconnect", func(ctx context.Context, c *caller) (timing, error) { return c.reconnect(ctx) }},
	}
}

func (c *caller) dial(ctx context.Context, address string) (net.Conn, error) {
	conn, err := c.dialer.DialContext(ctx, c.network, address)
	if err != nil {
		return nil, err
	}
	return conn, conn.SetDeadline(time.Now().Add(opLimit))
}

func hello(capabilities uint64) []byte {
	m := wire.Hello{FrameID: 1, MinProtocol: 1, MaxProtocol: 1, Service: service, Capabilities: capabilities}
	return m.Append(nil)
}

func request() []byte { return bytes.Repeat([]byte("r"), messageSize) }

// handoff is a client that is handed over. If it waits, it sends its request when it is
// told that a backend is ready, and else behind its hello.
func (c *caller) handoff(ctx context.Context, waits bool) (t timing, err error) {
	began := time.Now()
	conn, err := c.dial(ctx, c.explicit)
	if err != nil {
		return t, err
	}
	defer conn.Close()
	first := hello(wire.CapabilityHandlePassing)
	if !waits {
		first = append(first, request()...)
	}
	if _, err := conn.Write(first); err != nil {
		return t, err
	}
	if err := readReply(conn); err != nil {
		return t, err
	}
	if err := readReady(conn); err != nil {
		return t, err
	}
	t.ready = time.Since(began)
	if waits {
		if _, err := conn.Write(request()); err != nil {
			return t, err
		}
	}
	err = readAnswer(conn)
	t.answer = time.Since(began)
	return t, err
}

// reconnect is a client that asks the broker, which tells it where to connect.
func (c *caller) reconnect(ctx context.Context) (t timing, err error) {
	began := time.Now()
	conn, err := c.dial(ctx, c.explicit)
	if err != nil {
		return t, err
	}
	defer conn.Close()
	if _, err := conn.Write(hello(0)); err != nil {
		return t, err
	}
	if err := readReply(conn); err != nil {
		return t, err
	}
	conn.Close()
	if conn, err = c.dial(ctx, c.direct); err != nil {
		return t, err
	}
	defer conn.Close()
	if _, err := conn.Write(request()); err != nil {
		return t, err
	}
	err = readAnswer(conn)
	t.answer = time.Since(began)
	return t, err
}

func readMessage(r io.Reader) (wire.Message, error) {
	frame, err := wire.ReadFrame(r, wire.MaxControl)
	if err != nil {
		return nil, err
	}
	return wire.Parse(frame)
}

func readReply(r io.Reader) error {
	m, err := readMessage(r)
	if err != nil {
		return err
	}
	if reply, ok := m.(*wire.HelloReply); !ok || reply.Negotiated == nil {
		return fmt.Errorf("a reply is expected, not %T", m)
	}
	return nil
}

func readReady(r io.Reader) error {
	m, err := readMessage(r)
	if err != nil {
		return err
	}
	switch m := m.(type) {
	case *wire.Ready:
		return nil
	case *wire.Fallback:
		return errFellBack
	default:
		return fmt.Errorf("ready is expected, not %T", m)
	}
}

func readAnswer(r io.Reader) error {
	var b [messageSize]byte
	if _, err := io.ReadFull(r, b[:]); err != nil {
		return err
	}
	if !bytes.Equal(b[:], request()) {
		return errAnswer
	}
	return nil
}
