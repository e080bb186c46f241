package backend_test

import (
	"sync"
	"testing"
	"time"

	"github.com/handoff-go/handoff/backend"
	"github.com/handoff-go/handoff/internal/fdpass"
	"github.com/stretchr/testify/require"
)

// startAccept calls Accept once, in the background.
func startAccept(ln *backend.Listener) <-chan *backend.Conn { return startAccepts(ln, 1) }

// startAccepts calls Accept n times at once, in the background. The channel is closed when all
// have returned.
func startAccepts(ln *backend.Listener, n int) <-chan *backend.Conn {
	accepted := make(chan *backend.Conn, n)
	var running sync.WaitGroup
	for range n {
		running.Go(func() {
			if c, err := ln.Accept(); err == nil {
				accepted <- c.(*backend.Conn)
			}
		})
	}
	go func() {
		running.Wait()
		close(accepted)
	}()
	return accepted
}

// awaitWaitingAccept waits until an Accept waits for an offer.
func awaitWaitingAccept(t *testing.T, ln *backend.Listener) {
	t.Helper()
	require.Eventually(t, func() bool { return ln.Stats().Waiting > 0 }, hang, time.Millisecond)
}

// accept receives a connection that Accept returned, and closes it at the end of the test.
func accept(t *testing.T, accepted <-chan *backend.Conn) *backend.Conn {
	t.Helper()
	select {
	case c, ok := <-accepted:
		require.True(t, ok)
		t.Cleanup(func() { c.Close() })
		return c
	case <-time.After(hang):
		require.Fail(t, "no connection")
		return nil
	}
}

// awaitUncertain waits until the backend has traced Uncertain.
func awaitUncertain(t *testing.T, b *broker) {
	t.Helper()
	require.Eventually(t, func() bool { return b.trace.has(backend.OpUncertain) }, hang, time.Millisecond)
}

func closeFD(t *testing.T, fd int) {
	t.Helper()
	require.NoError(t, fdpass.Close(fd))
}
