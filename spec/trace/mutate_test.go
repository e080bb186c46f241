package main

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoff-go/handoff/spec/trace/events"
)

func recordSome(t *testing.T, seed uint64, n int) []recorded {
	t.Helper()
	traces, err := recordAll(seed, n)
	require.NoError(t, err)
	all := make([]recorded, n)
	for i, trace := range traces {
		all[i].Trace = trace
	}
	return all
}

func TestFreshTracesArePathsThroughTheModel(t *testing.T) {
	for _, r := range recordSome(t, rand.Uint64(), 40) {
		require.GreaterOrEqual(t, len(r.Events), callers*calls)
		steps, problem := events.Judge(r.Trace)
		require.Empty(t, problem, "event %d of\n%v", steps+1, r.Events)
	}
}

func TestMutantsAreOfAllKindsAndDifferFromTheirTraces(t *testing.T) {
	all := recordSome(t, 1, 8)
	require.Equal(t, 103, addMutants(rand.New(rand.NewPCG(1, 1)), all, 103))
	illegal, legal := map[string]int{}, map[string]int{}
	for _, r := range all {
		for i, m := range (batch{r}).mutants() {
			e := r.edits[i]
			edited := e.apply(r.Events)
			require.Equal(t, len(r.Events)+map[string]int{dropped: -1, duplicated: 1}[e.kind], len(edited))
			require.False(t, slices.Equal(r.Events, edited), m.name)
			require.Equal(t, r.Events[:e.after], edited[:e.after])
			require.Equal(t, e.kind, m.kind)
			if m.legal() {
				legal[e.kind]++
				require.Equal(t, len(edited), m.steps)
			} else {
				illegal[e.kind]++
				require.GreaterOrEqual(t, m.steps, e.after, "what comes before is as it was")
			}
		}
	}
	require.Equal(t, map[string]int{swapped: 20, dropped: 21, duplicated: 20, altered: 21, shifted: 21}, illegal)
	for _, kind := range []string{swapped, dropped, duplicated, shifted} {
		require.Positive(t, legal[kind], "%s: both verdicts are compared", kind)
		require.LessOrEqual(t, legal[kind], illegal[kind])
	}
}

func TestWhatOneKindDoesNotGiveOthersMakeUpFor(t *testing.T) {
	trace := read1(t, "trace one ack=1s ttl=6s max=2\nSweep now=0 answer=ok\n")
	all := []recorded{{Trace: trace}} // a swap takes two events, and a second sweep does no harm
	require.Equal(t, 10, addMutants(rand.New(rand.NewPCG(1, 1)), all, 10))
}

func TestNoMutantsWithoutEvents(t *testing.T) {
	empty := []recorded{{Trace: events.Trace{Name: "empty", AckDeadline: 1, TokenTTL: 1, MaxPending: 1}}}
	require.Zero(t, addMutants(rand.New(rand.NewPCG(1, 1)), empty, 10))
	require.Empty(t, empty[0].edits)
}
