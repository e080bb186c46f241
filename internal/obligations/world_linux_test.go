package obligations_test

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoff-go/handoff/backend"
	"github.com/handoff-go/handoff/broker"
	"github.com/handoff-go/handoff/wire"
)

// hang is how long a test waits for what must happen. It is no measure of speed.
const hang = 30 * time.Second

// The service under test, and another one, whose connections go on.
const (
	held  = "held"
	other = "other"
)

// deadline is that of an offer; settling is how long is waited for a holder.
const (
	deadline = 100 * time.Millisecond
	settling = 50 * time.Millisecond
)

// world is a broker on real sockets. Each service has its own listener for clients,
// so that one whose accepting is held does not hold the other.
type world struct {
	t      *testing.T
	broker *broker.Broker
	dir    string
}

func newWorld(t *testing.T, o broker.Options) *world {
	t.Helper()
	if o.AckDeadline == 0 {
		o.AckDeadline = deadline
	}
	if o.SettleTimeout == 0 {
		o.SettleTimeout = settling
	}
	o.PingInterval = -1 // who is held is not taken for dead
	b, err := broker.New(o)
	require.NoError(t, err)
	w := &world{t: t, broker: b, dir: t.TempDir()}
	var serving sync.WaitGroup
	listen := func(name string, serve func(net.Listener) error) {
		ln, err := net.ListenUnix("unix", &net.UnixAddr{Name: filepath.Join(w.dir, name), Net: "unix"})
		require.NoError(t, err)
		serving.Go(func() { _ = serve(ln) }) // until the broker is shut down
	}
	listen("control", b.ServeBackends)
	serveClients := func(ln net.Listener) error { return b.Serve(ln, nil) }
	listen(held, serveClients)
	listen(other, serveClients)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), hang)
		defer cancel()
		stats, err := b.Shutdown(ctx)
		require.NoError(t, err)
		require.Zero(t, stats.InFlight)
		require.Zero(t, stats.Registry.Pending)
		require.Zero(t, stats.Descriptors.Open)
		serving.Wait()
	})
	return w
}

// backend links a backend that accepts nothing by itself.
func (w *world) backend(service string, o backend.Options) *backend.Listener {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), hang)
	defer cancel()
	ln, err := backend.Listen(ctx, filepath.Join(w.dir, "control"), service, o)
	require.NoError(w.t, err)
	w.t.Cleanup(func() {
		ln.Close()
		require.Zero(w.t, ln.Stats().Descriptors.Open)
	})
	return ln
}

// accept accepts one connection.
func accept(t *testing.T, ln *backend.Listener) <-chan net.Conn {
	t.Helper()
	accepted := make(chan net.Conn, 1)
	go func() {
		c, err := ln.Accept()
		if err == nil {
			accepted <- c
		}
		close(accepted)
	}()
	return accepted
}

// What a client learns.
const (
	learnsReady    = "ready"
	learnsFallback = "fallback"
	learnsEnd      = "the end"
)

// client says hello and reads. Each frame that it reads is told, and the end.
func (w *world) client(service string) <-chan string {
	w.t.Helper()
	c, err := net.Dial("unix", filepath.Join(w.dir, service))
	require.NoError(w.t, err)
	learns := make(chan string, 3)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			frame, err := wire.ReadFrame(c, wire.MaxOffer)
			if err != nil {
				if errors.Is(err, net.ErrClosed) {
					return // the test is over
				}
				learns <- learnsEnd
				return
			}
			switch m, _ := wire.Parse(frame); m.(type) {
			case *wire.Ready:
				learns <- learnsReady
			case *wire.Fallback:
				learns <- learnsFallback
			}
		}
	}()
	w.t.Cleanup(func() {
		c.Close()
		<-done
	})
	hello := wire.Hello{FrameID: 1, MinProtocol: 1, MaxProtocol: 1, Service: service, Capabilities: wire.CapabilityHandlePassing}
	_, err = c.Write(hello.Append(nil))
	require.NoError(w.t, err)
	return learns
}

// othersEnd has three connections of the other service begin, one after the other,
// and come to their ends by the deadline, a revoke and the settling of their holder:
// whatever waits for that long has had the time. It links the other backend.
func (w *world) othersEnd() {
	w.t.Helper()
	ln := w.backend(other, backend.Options{})
	for range 3 {
		learns := w.client(other)
		require.Equal(w.t, learnsFallback, receive(w.t, learns))
		require.Equal(w.t, learnsEnd, receive(w.t, learns))
	}
	require.EqualValues(w.t, 3, ln.Stats().Revoked)
}

// notYet fails if a client has learnt something.
func notYet(t *testing.T, learns <-chan string) {
	t.Helper()
	select {
	case what := <-learns:
		require.FailNow(t, "it has learnt "+what)
	default:
	}
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

// gate is a step that does not return until it is opened, the first time it is taken,
// or until the test is over.
type gate struct {
	once    sync.Once
	reached chan struct{}
	open    chan struct{}
	over    <-chan struct{}
}

func newGate(t *testing.T) *gate {
	return &gate{reached: make(chan struct{}), open: make(chan struct{}), over: t.Context().Done()}
}

// pass is called by who takes the step.
func (g *gate) pass() {
	g.once.Do(func() {
		close(g.reached)
		select {
		case <-g.open:
		case <-g.over:
		}
	})
}

func (g *gate) let() { close(g.open) }
