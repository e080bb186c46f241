package broker_test

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/handoff-go/handoff/backend"
	"github.com/handoff-go/handoff/broker"
	"github.com/handoff-go/handoff/internal/socktest"
	"github.com/handoff-go/handoff/registry"
	"github.com/handoff-go/handoff/wire"
	"github.com/stretchr/testify/require"
)

const service = "echo"

// world is a broker on real sockets. When the test ends it is shut down, and must have
// lost no descriptor.
type world struct {
	t        *testing.T
	broker   *broker.Broker
	control  string // where backends link
	clients  string // where explicit clients connect
	outcomes chan broker.Outcome
	trace    *recorder
	down     sync.Once
}

func newWorld(t *testing.T, o broker.Options) *world {
	t.Helper()
	dir := t.TempDir()
	before := socktest.OpenSockets(t)
	w := &world{t: t, control: filepath.Join(dir, "control"), clients: filepath.Join(dir, "clients"),
		outcomes: make(chan broker.Outcome, 1024), trace: newRecorder()}
	o.OnOutcome = func(o broker.Outcome) {
		select {
		case w.outcomes <- o:
		default: // a test with so many does not read them one by one
		}
	}
	if o.Trace == nil {
		o.Trace = func(e broker.Event) { w.trace.add(e.Op) }
	}
	b, err := broker.New(o)
	require.NoError(t, err)
	w.broker = b
	serve(t, b.ServeBackends, listenUnix(t, w.control))
	serve(t, func(ln net.Listener) error { return b.Serve(ln, nil) }, listenUnix(t, w.clients))
	t.Cleanup(func() {
		if t.Failed() {
			w.abandon()
			return
		}
		w.shutdown()
		// Fewer: what ended before this test may close its last during it.
		require.Eventually(t, func() bool { return socktest.OpenSockets(t) <= before }, 30*time.Second, 5*time.Millisecond,
			"descriptors: %d before, %d now", before, socktest.OpenSockets(t))
	})
	return w
}

// outcome returns the next outcome of a client's connection.
func (w *world) outcome() broker.Outcome {
	w.t.Helper()
	select {
	case o := <-w.outcomes:
		return o
	case <-time.After(hang):
		require.Fail(w.t, "no connection has an outcome")
		return broker.Outcome{}
	}
}

// abandon ends the broker of a test that failed. A Trace may be stopped for good there, so it does
// not wait for long: a test that failed says so soon.
func (w *world) abandon() {
	w.down.Do(func() {
		done := make(chan struct{})
		go func() {
			defer close(done)
			ctx, cancel := context.WithCancel(context.Background())
			cancel()
			_, _ = w.broker.Shutdown(ctx)
		}()
		select {
		case <-done:
		case <-time.After(time.Second):
		}
	})
}

// shutdown ends the broker, and checks that its final counts agree.
func (w *world) shutdown() {
	w.down.Do(func() {
		ctx, cancel := context.WithTimeout(context.Background(), hang)
		defer cancel()
		s, err := w.broker.Shutdown(ctx)
		require.NoError(w.t, err)
		require.Zero(w.t, s.InFlight)
		require.Zero(w.t, s.Waiting)
		require.Zero(w.t, s.Links)
		require.Zero(w.t, s.Descriptors.Open, "%v", broker.Leaks(w.broker))
		require.Equal(w.t, s.Descriptors.Opened, s.Descriptors.Closed+s.Descriptors.Adopted)
		require.Zero(w.t, s.Registry.Pending)
		require.Equal(w.t, s.Registry.Registered, s.Registry.Acknowledged+s.Registry.Expired+s.Registry.Abandoned)
	})
}

// serve runs a listener of the broker until that is shut down.
func serve(t *testing.T, f func(net.Listener) error, ln net.Listener) {
	done := make(chan error, 1)
	go func() { done <- f(ln) }()
	t.Cleanup(func() {
		ln.Close()
		require.ErrorIs(t, <-done, broker.ErrClosed)
	})
}

func listenUnix(t *testing.T, path string) *net.UnixListener {
	t.Helper()
	ln, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	require.NoError(t, err)
	return ln
}

// echoBackend links a backend that answers each line with its name, a colon and the line.
func (w *world) echoBackend(name string, o backend.Options) *backend.Listener {
	w.t.Helper()
	ln := w.backend(o)
	go socktest.EchoLines(name, ln)
	return ln
}

func (w *world) backend(o backend.Options) *backend.Listener {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), hang)
	defer cancel()
	links := w.broker.Stats().Links
	ln, err := backend.Listen(ctx, w.control, service, o)
	require.NoError(w.t, err)
	require.Greater(w.t, w.broker.Stats().Links, links-1)
	w.t.Cleanup(func() {
		ln.Close()
		s := ln.Stats()
		require.Zero(w.t, s.Descriptors.Open, "%+v", s.Descriptors)
		require.Equal(w.t, s.Descriptors.Opened, s.Descriptors.Closed+s.Descriptors.Adopted)
	})
	return ln
}

// client is an explicit client, by hand.
type client struct {
	net.Conn
	token  registry.Token
	budget time.Duration
	reply  *wire.HelloReply
}

// hang is how long a test waits before it says that nothing comes. No test is to fail
// because a machine is slow.
const hang = 30 * time.Second

func (w *world) dial() *client {
	w.t.Helper()
	c, err := net.Dial("unix", w.clients)
	require.NoError(w.t, err)
	w.t.Cleanup(func() { c.Close() })
	require.NoError(w.t, c.SetDeadline(time.Now().Add(hang)))
	return &client{Conn: c}
}

// hello sends a hello, with what the client wants to say behind it, and reads the reply.
func (c *client) hello(t *testing.T, behind string) {
	t.Helper()
	m := wire.Hello{FrameID: 7, MinProtocol: 1, MaxProtocol: 1, Service: service, Capabilities: wire.CapabilityHandlePassing}
	_, err := c.Write(append(m.Append(nil), behind...))
	require.NoError(t, err)
	c.readReply(t)
	require.NotNil(t, c.reply.Negotiated)
	c.token, c.budget = c.reply.Negotiated.Token, c.reply.Negotiated.WaitBudget
}

func (c *client) readReply(t *testing.T) {
	t.Helper()
	reply, ok := readMessage(t, c).(*wire.HelloReply)
	require.True(t, ok)
	require.EqualValues(t, 7, reply.FrameID)
	c.reply = reply
}

// ready reads the owner's ready.
func (c *client) ready(t *testing.T) {
	t.Helper()
	ready, ok := readMessage(t, c).(*wire.Ready)
	require.True(t, ok)
	require.True(t, ready.Accepted)
	require.True(t, c.token.Equal(ready.Token))
}

// fallback reads the broker's fallback, and that the connection ends.
func (c *client) fallback(t *testing.T) *wire.Fallback {
	t.Helper()
	m, ok := readMessage(t, c).(*wire.Fallback)
	require.True(t, ok)
	c.ended(t)
	return m
}

// ended reads the end of the connection.
func (c *client) ended(t *testing.T) {
	t.Helper()
	n, err := c.Read(make([]byte, 1))
	require.Zero(t, n)
	require.Error(t, err)
	require.False(t, errors.Is(err, os.ErrDeadlineExceeded))
}

func (c *client) ask(t *testing.T, line, want string) {
	t.Helper()
	require.NoError(t, c.SetDeadline(time.Now().Add(hang)))
	_, err := io.WriteString(c, line+"\n")
	require.NoError(t, err)
	c.hear(t, want)
}

func (c *client) hear(t *testing.T, want string) {
	t.Helper()
	got := make([]byte, len(want)+1)
	_, err := io.ReadFull(c, got)
	require.NoError(t, err)
	require.Equal(t, want+"\n", string(got))
}

func readMessage(t *testing.T, r io.Reader) wire.Message {
	t.Helper()
	frame, err := wire.ReadFrame(r, wire.MaxOffer)
	require.NoError(t, err)
	m, err := wire.Parse(frame)
	require.NoError(t, err)
	return m
}

var errTimeout = os.ErrDeadlineExceeded

// recorder keeps the steps that were traced.
type recorder struct {
	mu  sync.Mutex
	ops []broker.Op
}

func newRecorder() *recorder { return &recorder{} }

func (r *recorder) add(op broker.Op) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ops = append(r.ops, op)
}

func (r *recorder) all() []broker.Op {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]broker.Op(nil), r.ops...)
}

func (r *recorder) count(op broker.Op) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	var n int
	for _, o := range r.ops {
		if o == op {
			n++
		}
	}
	return n
}

// atRest waits until the broker has closed its copy of every connection.
func (w *world) atRest() {
	w.t.Helper()
	require.Eventually(w.t, func() bool {
		s := w.broker.Stats()
		return s.InFlight == 0 && s.Waiting == 0 && s.Descriptors.Open == 0
	}, 30*time.Second, time.Millisecond)
}
