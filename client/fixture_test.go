package client_test

import (
	"context"
	"io"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/handoff-go/handoff/client"
	"github.com/handoff-go/handoff/wire"
	"github.com/stretchr/testify/require"
)

const service = "echo"

// testTimeout bounds each wait of a test for what must happen. It measures nothing.
const testTimeout = 30 * time.Second

// server is what clients connect to: a fake broker, or the target of a reconnect.
type server struct {
	t       *testing.T
	address string
	count   atomic.Int64 // of accepted connections
}

// serveTCP calls serve for each connection, in a goroutine of its own, and closes the
// connection when it returns.
func serveTCP(t *testing.T, serve func(c *net.TCPConn)) *server {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	p := &server{t: t, address: ln.Addr().String()}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			p.count.Add(1)
			running.Go(func() {
				defer c.Close()
				serve(c.(*net.TCPConn))
			})
		}
	})
	t.Cleanup(func() {
		ln.Close()
		running.Wait()
	})
	return p
}

// fakeBroker calls serve for each connection whose client has sent a valid hello.
func fakeBroker(t *testing.T, serve func(c *net.TCPConn)) *server {
	t.Helper()
	return serveTCP(t, func(c *net.TCPConn) {
		frame, err := wire.ReadFrame(c, wire.MaxHello)
		if err != nil {
			return
		}
		m, err := wire.Parse(frame)
		hello, ok := m.(*wire.Hello)
		if err != nil || !ok || hello.Service != service || hello.Capabilities&wire.CapabilityHandlePassing == 0 {
			t.Errorf("not a valid hello: %v, %v", m, err)
			return
		}
		serve(c)
	})
}

// scriptedBroker writes b behind the hello, and closes the connection when the client does.
func scriptedBroker(t *testing.T, b []byte) *server {
	t.Helper()
	return fakeBroker(t, func(c *net.TCPConn) {
		_, _ = c.Write(b)
		_, _ = io.Copy(io.Discard, c)
	})
}

// echoServer writes a greeting, and then everything that it reads.
func echoServer(t *testing.T, greeting string) *server {
	t.Helper()
	return serveTCP(t, func(c *net.TCPConn) {
		_, _ = io.WriteString(c, greeting)
		_, _ = io.Copy(c, c)
	})
}

// fixture makes clients of one broker, keeps their trace, and checks that all their
// connections are closed at the end of the test.
type fixture struct {
	t      *testing.T
	dialer client.Dialer
	opened atomic.Int64
	closed atomic.Int64

	mu    sync.Mutex
	trace []client.Op
}

func newFixture(t *testing.T, broker *server) *fixture {
	t.Helper()
	w := &fixture{t: t, dialer: client.Dialer{Address: broker.address, Service: service}}
	w.dialer.Connect = func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := new(net.Dialer).DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return w.count(c.(*net.TCPConn)), nil
	}
	w.dialer.Trace = func(e client.Event) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.trace = append(w.trace, e.Op)
	}
	t.Cleanup(func() {
		require.Eventually(t, func() bool { return w.opened.Load() == w.closed.Load() }, testTimeout, time.Millisecond,
			"a connection was not closed")
	})
	return w
}

// countedConn is a connection that its fixture counts as open until Close.
type countedConn struct {
	*net.TCPConn
	once sync.Once
	w    *fixture
}

func (w *fixture) count(c *net.TCPConn) *countedConn {
	w.opened.Add(1)
	return &countedConn{TCPConn: c, w: w}
}

func (c *countedConn) Close() error {
	c.once.Do(func() { c.w.closed.Add(1) })
	return c.TCPConn.Close()
}

func (w *fixture) dial() *client.Conn {
	w.t.Helper()
	c, err := w.try()
	require.NoError(w.t, err)
	return c
}

func (w *fixture) try() (*client.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), testTimeout)
	defer cancel()
	c, err := w.dialer.DialContext(ctx, "ignored", "ignored:1")
	if err != nil {
		require.Nil(w.t, c)
		return nil, err
	}
	conn := c.(*client.Conn)
	w.t.Cleanup(func() { conn.Close() })
	return conn, nil
}

func (w *fixture) steps() []client.Op {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.trace)
}

// wantRead reads len(want) bytes and compares them with want.
func wantRead(t *testing.T, c io.Reader, want string) {
	t.Helper()
	got := make([]byte, len(want))
	_, err := io.ReadFull(c, got)
	require.NoError(t, err)
	require.Equal(t, want, string(got))
}

// mustWrite writes all of text.
func mustWrite(t *testing.T, c io.Writer, text string) {
	t.Helper()
	n, err := io.WriteString(c, text)
	require.NoError(t, err)
	require.Equal(t, len(text), n)
}

// receive waits for a value from a channel.
func receive[T any](t *testing.T, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(testTimeout):
		require.FailNow(t, "nothing was received in time")
		panic("not reached")
	}
}

// async runs f in a goroutine, and returns a channel that receives its result.
func async[T any](f func() T) <-chan T {
	done := make(chan T, 1)
	go func() { done <- f() }()
	return done
}

// traced reports whether a client has traced a step.
func (w *fixture) traced(op client.Op) bool { return slices.Contains(w.steps(), op) }
