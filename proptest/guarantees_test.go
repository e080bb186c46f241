package proptest_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/handoff-go/handoff/proptest"
	"github.com/handoff-go/handoff/proptest/internal/oracle"
)

// The guarantees of a registry, one test each, with the names of the TLA+ properties. A test shows
// that our registry keeps the guarantee in random sequences and in a program of a few steps, and
// that the same program fails, naming the guarantee, on each registry that breaks it. The concurrent
// side of G1 and G6 is in RunConcurrent.

// G1: a handoff leaves exactly once, with one outcome, also if it is registered again.
func TestG1LeavesExactlyOnce(t *testing.T) {
	guarantee(t, oracle.LeavesExactlyOnce, `
		Begin backend=1
		Register pending backend=2
		Acknowledge pending now=end
		Abandon dead`,
		"calls OnExit twice for an expired handoff", "accepts a second Register")
}

// G2: after its outcome a token is refused on every path.
func TestG2AlwaysRevoked(t *testing.T) {
	guarantee(t, oracle.AlwaysRevoked, `
		Begin
		Acknowledge pending
		Acknowledge dead
		Register dead
		Consume dead`,
		"accepts an ACK twice")
}

// G3: an ACK succeeds before the deadline and fails at it. Nothing expires before it.
func TestG3OneDeadline(t *testing.T) {
	guarantee(t, oracle.OneDeadline, `
		Begin
		Expire pending now=end-1
		Acknowledge pending now=end
		Begin
		Acknowledge pending now=end-1`,
		"accepts an ACK at the deadline", "expires a nanosecond early")
}

// G4: only a live token is registered, acknowledged or consumed, and consumed once.
func TestG4OnlyLiveTokens(t *testing.T) {
	guarantee(t, oracle.OnlyLiveTokens, `
		Issue
		Acknowledge foreign
		Register issued
		Consume pending presented=near
		Consume pending
		Consume consumed`,
		"consumes a token twice", "consumes by any presented token")
}

// G5: never more than MaxPending tokens are live.
func TestG5Bounded(t *testing.T) {
	guarantee(t, oracle.Bounded, `
		options max=2
		Begin
		Begin
		Begin`,
		"allows one token above MaxPending")
}

// G6: every value of Stats adds up, and is what the callers and OnExit were told.
func TestG6Conserved(t *testing.T) {
	guarantee(t, oracle.Conserved, `
		options max=2
		Begin
		Begin
		Acknowledge pending
		Acknowledge pending now=end`,
		"does not count expired handoffs")
}

// G7: a sweep ends every handoff whose deadline has come.
func TestG7Ends(t *testing.T) {
	guarantee(t, oracle.Ends, `
		options max=2
		Begin
		Begin now=tick
		ExpireOverdue now=last`,
		"does not sweep", "leaves out the last handoff of a sweep")
}

// G8: a deadline too far away to represent is never, not now; no wait is negative.
func TestG8SaturatingTime(t *testing.T) {
	guarantee(t, oracle.SaturatingTime, `
		options ack=longest ttl=never max=2
		Begin now=tick
		Begin
		ExpireOverdue now=highest
		Acknowledge pending now=back`,
		"returns a negative wait when the clock steps back")
}

// guarantee checks that our registry keeps g, and that the program finds each broken registry, by
// the name of g.
func guarantee(t *testing.T, g oracle.Guarantee, text string, broken ...string) {
	t.Helper()
	program, err := proptest.Assemble(text)
	require.NoError(t, err)

	proptest.Replay(t, ours, program)
	setEffort(t, 100, 30)
	rapid.Check(t, sequenceProperty(ours))

	for _, name := range broken {
		f := brokenSequentially()[name]
		require.NotNil(t, f, name)
		r := resultOf(func(t rapid.TB) { proptest.Replay(t.(testing.TB), f, program) })
		require.True(t, r.failed, name)
		require.Contains(t, r.message, g.String(), name)
	}
}
