//go:build linux

package fdpass_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/handoff-go/handoff/internal/fdpass"
)

// The calls of a handoff allocate nothing, except one small slice for every 64 received
// descriptors.
func TestAllocs(t *testing.T) {
	a, b, ledger := linkPair(t)
	passed := memfile(t, "passed")
	fds := socketpair(t)
	defer fdpass.Close(fds[0])
	defer fdpass.Close(fds[1])
	frame, buf := make([]byte, 64), make([]byte, 4096)
	never := testDeadline()

	for _, c := range []struct {
		what string
		run  func()
	}{
		{"a send and a read without a descriptor", func() {
			a.TrySend(frame, -1)
			b.TryRecv(buf)
		}},
		{"a send and a waiting read of a descriptor", func() {
			a.TrySend(frame, passed)
			got, _ := b.Recv(buf)
			unix.Close(got.FDs[0])
			ledger.Closed(fdpass.FromLink)
		}},
		{"a SendAll", func() {
			a.SendAll(frame, -1, never)
			b.TryRecv(buf)
		}},
		{"a read of an empty queue", func() { b.TryRecv(buf) }},
		{"the clock", func() { fdpass.Clock() }},
		{"a peek at nothing", func() { fdpass.Peek(fds[1], buf) }},
		{"a write, a peek and a read", func() {
			fdpass.TryWrite(fds[0], frame)
			fdpass.Peek(fds[1], buf)
			fdpass.TryRead(fds[1], buf)
		}},
		{"counting in the ledger", func() {
			ledger.Opened(fdpass.Accepted)
			ledger.Closed(fdpass.Accepted)
		}},
	} {
		require.Zero(t, testing.AllocsPerRun(1000, c.run), c.what)
	}
	require.Zero(t, ledger.Stats().Open)
	require.NotZero(t, ledger.Stats().Opened)
}
