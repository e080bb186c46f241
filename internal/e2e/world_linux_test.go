package e2e_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/handoff-go/handoff/broker"
	"github.com/stretchr/testify/require"
)

// world is a broker on real sockets, in this process. When the test ends it is shut down,
// and nothing may be left of it.
type world struct {
	t       *testing.T
	broker  *broker.Broker
	dir     string
	control string // where backends link

	mu     sync.Mutex
	strays map[string]int // outcomes that are not Adopted, in words
}

// patient are options of a broker that a busy machine does not make give up.
func patient() broker.Options {
	return broker.Options{AckDeadline: hang, FirstBytes: hang, Handshake: hang, PingInterval: hang}
}

func newWorld(t *testing.T, o broker.Options) *world {
	t.Helper()
	before := sockets(t)
	dir := t.TempDir()
	w := &world{t: t, dir: dir, control: filepath.Join(dir, "control"), strays: map[string]int{}}
	o.OnOutcome = w.outcome
	b, err := broker.New(o)
	require.NoError(t, err)
	w.broker = b
	control, err := net.Listen("unix", w.control)
	require.NoError(t, err)
	require.NoError(t, os.Chmod(w.control, 0o600))
	serving := make(chan error, 1)
	go func() { serving <- b.ServeBackends(control) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), hang)
		defer cancel()
		s, err := b.Shutdown(ctx)
		require.NoError(t, err)
		require.ErrorIs(t, <-serving, broker.ErrClosed)
		balanced(t, s)
		require.Zero(t, s.Descriptors.Open)
		require.Zero(t, s.Registry.Pending)
		eventually(t, func() bool { return sockets(t) <= before }, "sockets are left open")
	})
	return w
}

func (w *world) outcome(o broker.Outcome) {
	if o.Kind == broker.Adopted {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.strays[fmt.Sprintf("%v: %v, attempts %d", o.Kind, o.Decision.Reason, o.Attempts)]++
}

// balanced checks the sums of a broker at rest.
func balanced(t *testing.T, s broker.Stats) {
	t.Helper()
	require.Zero(t, s.InFlight)
	require.Equal(t, s.Descriptors.Opened, s.Descriptors.Closed+s.Descriptors.Adopted+uint64(s.Descriptors.Open))
	require.Equal(t, s.Registry.Registered, s.Registry.Acknowledged+s.Registry.Expired+s.Registry.Abandoned+uint64(s.Registry.Pending))
}

// serve takes clients at a fresh address, by a route; nil: of the explicit mode.
func (w *world) serve(network string, route broker.Route) (address string) {
	w.t.Helper()
	address = "127.0.0.1:0"
	if network == "unix" {
		address = filepath.Join(w.dir, "clients")
	}
	ln, err := net.Listen(network, address)
	require.NoError(w.t, err)
	done := make(chan error, 1)
	go func() { done <- w.broker.Serve(ln, route) }()
	w.t.Cleanup(func() {
		ln.Close()
		require.ErrorIs(w.t, <-done, broker.ErrClosed)
	})
	// Cleanups run last first: this one must find the broker shut down.
	w.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), hang)
		defer cancel()
		_, err := w.broker.Shutdown(ctx)
		require.NoError(w.t, err)
	})
	return ln.Addr().String()
}

// resting waits until every connection that the broker was given is decided.
func (w *world) resting() broker.Stats {
	w.t.Helper()
	eventually(w.t, func() bool {
		s := w.broker.Stats()
		return s.InFlight == 0 && s.Waiting == 0
	}, "the broker does not come to rest")
	return w.broker.Stats()
}

// eventually waits for a condition, on this goroutine: it may be about goroutines.
func eventually(t *testing.T, condition func() bool, otherwise string) {
	t.Helper()
	for end := time.Now().Add(hang); !condition(); time.Sleep(5 * time.Millisecond) {
		require.True(t, time.Now().Before(end), otherwise)
	}
}

func sockets(t *testing.T) int {
	t.Helper()
	n, err := countSockets()
	require.NoError(t, err)
	return n
}

// countSockets returns how many sockets this process has. (It has other descriptors that
// come and go, such as the pipes that Go keeps for splice.)
func countSockets() (n int, err error) {
	entries, err := os.ReadDir("/proc/self/fd")
	for _, entry := range entries {
		to, err := os.Readlink("/proc/self/fd/" + entry.Name())
		if err == nil && strings.HasPrefix(to, "socket:") {
			n++
		}
	}
	return n, err
}
