package proptest

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/handoff-go/handoff/proptest/internal/contract"
	"github.com/handoff-go/handoff/proptest/internal/history"
	"github.com/handoff-go/handoff/proptest/internal/race"
	"github.com/handoff-go/handoff/proptest/internal/sequence"
	"github.com/handoff-go/handoff/registry"
)

// RunConcurrent checks an implementation for many callers at once. Run it under the race
// detector, too. It has four subtests:
//
//   - "outcomes": callers race to end the same handoffs, each in another way. One caller is told
//     an outcome, OnExit is told the same one, and all other calls are refused.
//   - "counts": while callers begin and end handoffs, Stats add up in every value that is read,
//     and in the end they are what the callers were told.
//   - "linearizable": short histories of calls on few tokens, some of which the random source
//     gives again and again. For each history there must be an order of its calls in which the
//     model gives the same answers, and in which no call comes before one that had returned when
//     it began.
//   - "trace": longer histories, for an implementation that honours Options.Trace. The events, in
//     the order of their Seq, are steps of the model. Skipped if there are no events.
//
// In a history a sweep is several steps: an Expire for each handoff that it returns, and one that
// finds nothing more. Close is one step. Stats, Len, Tokens and Backend would see a Close half
// done, so a history has either them or Close. Issued tokens do not reach their end in these
// histories, because no caller is told of it. In some of them OnExit or the random source
// stops one call for good: it may have taken effect or not, and the others must go on. A history
// that is not linearizable is also written as a web page, into [os.TempDir].
//
// What each goroutine does comes from fixed seeds; how the calls interleave does not, so a
// failure may not come back. No check depends on speed. With -short there are fewer rounds.
func RunConcurrent(t *testing.T, factory func(registry.Options) (Registry, error)) {
	for name, check := range concurrentChecks() {
		t.Run(name, func(t *testing.T) { check(t, contractFactory(factory)) })
	}
}

// concurrentChecks returns the subtests of RunConcurrent by their names.
func concurrentChecks() map[string]func(rapid.TB, contract.Factory) {
	return map[string]func(rapid.TB, contract.Factory){
		"outcomes": func(t rapid.TB, f contract.Factory) { race.CheckOutcomes(t, f, race.Rounds(2000)) },
		"counts":   func(t rapid.TB, f contract.Factory) { race.CheckCounts(t, f, race.Rounds(10)) },
		"linearizable": func(t rapid.TB, f contract.Factory) {
			history.CheckLinearizable(t, f, 0, race.Rounds(1000), sequence.Patience)
		},
		"trace": func(t rapid.TB, f contract.Factory) { history.CheckTrace(t, f, race.Rounds(40)) },
	}
}

// Record lets several goroutines use one registry at once, as the subtest "trace" of
// [RunConcurrent] does, and returns the events that Options.Trace was told, in the order of their
// Seq, which is the order of effect. o.Trace and o.Rand are replaced. The calls are at instants
// within a few nanoseconds, so o should have deadlines of a few nanoseconds.
//
// Each of the callers makes this many calls. What they do comes from the seed; how they
// interleave does not. In one of four seeds there is no Close. The error is the factory's.
//
// Record blocks until every call has returned. It is safe for concurrent use.
func Record(factory func(registry.Options) (Registry, error), o registry.Options, seed uint64, callers, calls int) ([]registry.Event, error) {
	return history.Record(contractFactory(factory), o, seed, callers, calls)
}
