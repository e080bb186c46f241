package proptest

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/handoff-go/handoff/model"
	"github.com/handoff-go/handoff/registry"
)

// Record lets several goroutines use a system at once, as the subtest "trace" of
// [RunConcurrent] does, and returns what Options.Trace was told, in the order of
// effect. Deadlines are asked for around now, in nanoseconds, so o should have
// some of a few nanoseconds; its Trace and Rand are set here. What each goroutine
// does comes from the seed; how they meet does not. In one of four seeds nobody
// calls Close. The error is the factory's.
//
// Record blocks until every call has returned. It may be used from several
// goroutines at once.
func Record(factory func(registry.Options) (Registry, error), o registry.Options, seed uint64, callers, calls int) ([]registry.Event, error) {
	var mu sync.Mutex
	var events []registry.Event
	o.Rand = &few{rand: rand.New(rand.NewPCG(seed, 2)), n: 2 * fewTokens}
	o.Trace = func(e registry.Event) {
		mu.Lock()
		defer mu.Unlock()
		events = append(events, e)
	}
	system, err := factory(o)
	if err != nil {
		return nil, err
	}
	a := &arena{origin: time.Now().Round(0), rand: rand.New(rand.NewPCG(seed, 1)), system: system}
	var clock atomic.Int64
	var all []func()
	for i := range callers {
		plan := a.busyPlan(calls, i == 0 && seed%4 != 0)
		all = append(all, func() {
			for _, in := range plan {
				in.now += model.Instant(clock.Add(1) / 2) // a clock that all share
				a.make(in)
			}
		})
	}
	together(all...)
	slices.SortFunc(events, func(x, y registry.Event) int { return cmp.Compare(x.Seq, y.Seq) })
	return events, nil
}
