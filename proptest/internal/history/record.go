package history

import (
	"cmp"
	"slices"
	"sync"
	"sync/atomic"

	"pgregory.net/rapid"

	"github.com/handoff-go/handoff/model"
	"github.com/handoff-go/handoff/proptest/internal/contract"
	"github.com/handoff-go/handoff/proptest/internal/race"
	"github.com/handoff-go/handoff/registry"
)

// CheckTrace records the traces of busy histories, and checks that the events, in the order of
// their Seq, are steps of the model. It skips t if the registry ignores Options.Trace.
func CheckTrace(t rapid.TB, f contract.Factory, rounds int) {
	t.Helper()
	race.EachSeed(t, f, 0, rounds, func(r *race.Run) {
		const callers, calls = 4, 120
		trace := traced(registry.Options{AckDeadline: ackDeadline, TokenTTL: traceTTL, MaxPending: 4, CollisionAttempts: 2}, r.Seed)
		r.Open(trace.options)
		makeBusy(r, callers, calls)
		events := trace.sorted()
		if len(events) == 0 {
			t.Skip("the registry ignores Options.Trace: there are no events to compare")
		}
		state, problem := follow(r.Initial(), r.Origin, events)
		if problem != nil {
			t.Errorf("%v", problem)
			return
		}
		if got, want := r.Registry.Stats(), contract.Stats(state); got != want {
			t.Errorf("Stats: got %+v, want %+v as after the steps of the trace", got, want)
		}
	})
}

// Record lets callers use one registry at the same time, and returns the events of its trace in
// the order of their Seq. The error is the factory's.
func Record(f contract.Factory, o registry.Options, seed uint64, callers, calls int) ([]registry.Event, error) {
	trace := traced(o, seed)
	system, err := f(trace.options)
	if err != nil {
		return nil, err
	}
	r := race.NewRun(nil, f, seed)
	r.Registry = system
	makeBusy(r, callers, calls)
	return trace.sorted(), nil
}

// makeBusy makes the calls of all callers, and returns when all have returned. In three of four
// seeds one of them is a Close.
func makeBusy(r *race.Run, callers, calls int) {
	var clock atomic.Int64 // shared by all callers
	var all []func()
	for i := range callers {
		plan := longPlan(r.Rand, calls, i == 0 && r.Seed%4 != 0)
		all = append(all, func() {
			for _, in := range plan {
				in.now += model.Instant(clock.Add(1) / 2)
				in.do(r.Registry, r.Origin)
			}
		})
	}
	race.Together(all...)
}

// trace collects the events of a registry.
type trace struct {
	options registry.Options // with Trace and Rand set

	mu     sync.Mutex
	events []registry.Event
}

func traced(o registry.Options, seed uint64) *trace {
	t := &trace{}
	o.Rand = race.NewRepeatingRand(seed, 2*tokens, nil)
	o.Trace = func(e registry.Event) {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.events = append(t.events, e)
	}
	t.options = o
	return t
}

// sorted returns the events in the order of their Seq, which is the order of effect.
func (t *trace) sorted() []registry.Event {
	t.mu.Lock()
	defer t.mu.Unlock()
	slices.SortFunc(t.events, func(x, y registry.Event) int { return cmp.Compare(x.Seq, y.Seq) })
	return t.events
}
