//go:build linux

package passing_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/handoff-go/handoff/internal/passing"
)

// Nothing on the way of a handoff is left to the garbage collector, apart from
// one small slice for every 64 descriptors.
func TestAllocs(t *testing.T) {
	a, b, ledger := pair(t)
	passed := marked(t, "passed")
	frame, buf := make([]byte, 64), make([]byte, 4096)
	never := soon()

	for _, c := range []struct {
		what  string
		limit float64
		run   func()
	}{
		{"a send and a read without a descriptor", 0, func() {
			a.Send(frame, -1)
			b.TryRecv(buf)
		}},
		{"a send and a waiting read of a descriptor", 0, func() {
			a.Send(frame, passed)
			got, _ := b.Recv(buf)
			unix.Close(got.FDs[0])
			ledger.Closed(passing.FromLink)
		}},
		{"a whole send", 0, func() {
			a.SendAll(frame, -1, never)
			b.TryRecv(buf)
		}},
		{"a read of nothing", 0, func() { b.TryRecv(buf) }},
		{"the clock", 0, func() { passing.Clock() }},
		{"a peek", 0, func() { passing.Peek(passed, buf) }},
	} {
		require.LessOrEqual(t, testing.AllocsPerRun(1000, c.run), c.limit, c.what)
		t.Logf("%s: %v", c.what, testing.AllocsPerRun(1000, c.run))
	}
	require.Zero(t, ledger.Stats().Open)
}
