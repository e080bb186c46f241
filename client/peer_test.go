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

// hang is how long a test waits for what must happen. It is no measure of speed.
const hang = 30 * time.Second

// place is where clients connect: a broker by hand, or where they reconnect to.
type place struct {
	t       *testing.T
	address string
	count   atomic.Int64 // of connections
}

// listen serves each connection by a function, in a goroutine of its own, and closes it
// when that returns.
func listen(t *testing.T, serve func(c *net.TCPConn)) *place {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	p := &place{t: t, address: ln.Addr().String()}
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

// handmade is a broker: a place whose clients have said hello.
func handmade(t *testing.T, serve func(c *net.TCPConn)) *place {
	t.Helper()
	return listen(t, func(c *net.TCPConn) {
		frame, err := wire.ReadFrame(c, wire.MaxHello)
		if err != nil {
			return
		}
		m, err := wire.Parse(frame)
		hello, ok := m.(*wire.Hello)
		if err != nil || !ok || hello.Service != service || hello.Capabilities&wire.CapabilityHandlePassing == 0 {
			t.Errorf("not a hello: %v, %v", m, err)
			return
		}
		serve(c)
	})
}

// says is a broker that says something, and hangs up when the client does.
func says(t *testing.T, b []byte) *place {
	t.Helper()
	return handmade(t, func(c *net.TCPConn) {
		_, _ = c.Write(b)
		_, _ = io.Copy(io.Discard, c)
	})
}

// echoes is a place that writes back what it reads, behind a greeting.
func echoes(t *testing.T, greeting string) *place {
	t.Helper()
	return listen(t, func(c *net.TCPConn) {
		_, _ = io.WriteString(c, greeting)
		_, _ = io.Copy(c, c)
	})
}

// world makes clients, and sees that all their connections are closed at the end.
type world struct {
	t      *testing.T
	dialer client.Dialer
	opened atomic.Int64
	closed atomic.Int64

	mu    sync.Mutex
	steps []string
}

func newWorld(t *testing.T, broker *place) *world {
	t.Helper()
	w := &world{t: t, dialer: client.Dialer{Address: broker.address, Service: service}}
	w.dialer.Connect = func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := new(net.Dialer).DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return w.counted(c.(*net.TCPConn)), nil
	}
	w.dialer.Trace = func(e client.Event) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.steps = append(w.steps, e.Op)
	}
	t.Cleanup(func() {
		require.Eventually(t, func() bool { return w.opened.Load() == w.closed.Load() }, hang, time.Millisecond,
			"a connection is open")
	})
	return w
}

// counted is a connection whose opening and closing are counted.
type counted struct {
	*net.TCPConn
	once sync.Once
	w    *world
}

func (w *world) counted(c *net.TCPConn) *counted {
	w.opened.Add(1)
	return &counted{TCPConn: c, w: w}
}

func (c *counted) Close() error {
	c.once.Do(func() { c.w.closed.Add(1) })
	return c.TCPConn.Close()
}

func (w *world) dial() *client.Conn {
	w.t.Helper()
	c, err := w.try()
	require.NoError(w.t, err)
	return c
}

func (w *world) try() (*client.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), hang)
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

func (w *world) trace() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]string(nil), w.steps...)
}

// hear reads so many bytes as want has, and compares.
func hear(t *testing.T, c io.Reader, want string) {
	t.Helper()
	got := make([]byte, len(want))
	_, err := io.ReadFull(c, got)
	require.NoError(t, err)
	require.Equal(t, want, string(got))
}

func say(t *testing.T, c io.Writer, text string) {
	t.Helper()
	n, err := io.WriteString(c, text)
	require.NoError(t, err)
	require.Equal(t, len(text), n)
}

// receive waits for a value.
func receive[T any](t *testing.T, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(hang):
		require.FailNow(t, "nothing came")
		panic("not reached")
	}
}

// doing runs f, whose end can be waited for.
func doing[T any](f func() T) <-chan T {
	done := make(chan T, 1)
	go func() { done <- f() }()
	return done
}

// took reports whether a step was taken.
func (w *world) took(op string) bool { return slices.Contains(w.trace(), op) }
