package proptest_test

import (
	"errors"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/handoff-go/handoff/proptest"
	"github.com/handoff-go/handoff/registry"
)

// RunConcurrent finds registries that only concurrent callers can tell from a correct one. Each is
// listed with the check that must find it. How calls interleave is up to the scheduler, so each
// check has several attempts.
func TestConcurrentlyBrokenRegistriesAreFound(t *testing.T) {
	for name, c := range map[string]struct {
		check  string
		broken factory
	}{
		"reads its counts in two steps":        {"counts", wrapped(func(r *registry.Registry) proptest.Registry { return tornStats{r} })},
		"acknowledges what was pending before": {"outcomes", wrapped(func(r *registry.Registry) proptest.Registry { return acksStale{r} })},
		"drops concurrent calls of OnExit": {"counts", rewired(func(o *registry.Options) {
			exit, busy := o.OnExit, new(atomic.Bool)
			o.OnExit = func(e registry.Exit) {
				if busy.CompareAndSwap(false, true) {
					exit(e)
					busy.Store(false)
				}
			}
		})},
		"returns a count from before": {"linearizable", wrapped(func(r *registry.Registry) proptest.Registry { return &staleLen{Registry: r} })},
		"consumes a token twice":      {"linearizable", wrapped(func(r *registry.Registry) proptest.Registry { return consumesTwice{r} })},
		"returns nothing from Close":  {"linearizable", wrapped(func(r *registry.Registry) proptest.Registry { return closesEmpty{r} })},
		"numbers events in the order of delivery": {"trace", rewired(func(o *registry.Options) {
			if trace := o.Trace; trace != nil {
				seq := new(atomic.Uint64)
				o.Trace = func(e registry.Event) {
					runtime.Gosched()
					e.Seq = seq.Add(1)
					trace(e)
				}
			}
		})},
		"has no event for a drop": {"trace", rewired(func(o *registry.Options) { dropEvents(o, registry.OpDrop) })},
	} {
		t.Run(name, func(t *testing.T) {
			visualizeInto(t, t.TempDir())
			check := proptest.ConcurrentChecks()[c.check]
			const attempts = 20
			for attempt := 1; ; attempt++ {
				r := resultOf(func(t rapid.TB) { check(t, proptest.ContractFactory(c.broken)) })
				if r.failed {
					t.Logf("attempt %d: %.300s", attempt, r.message)
					return
				}
				require.Less(t, attempt, attempts, "not found")
			}
		})
	}
}

type tornStats struct{ *registry.Registry }

func (r tornStats) Stats() registry.Stats {
	s := r.Registry.Stats()
	runtime.Gosched()
	s.Pending = r.Registry.Stats().Pending
	return s
}

type acksStale struct{ *registry.Registry }

func (r acksStale) Acknowledge(t registry.Token, now time.Time) (registry.Acknowledged, error) {
	b, pending := r.Backend(t)
	runtime.Gosched()
	done, err := r.Registry.Acknowledge(t, now)
	if pending && errors.Is(err, registry.ErrNotPending) {
		return registry.Acknowledged{Token: t, Backend: b}, nil
	}
	return done, err
}

type staleLen struct {
	*registry.Registry
	n atomic.Int64
}

func (r *staleLen) Len() int { return int(r.n.Swap(int64(r.Registry.Len()))) }

type consumesTwice struct{ *registry.Registry }

func (r consumesTwice) Consume(expected, presented registry.Token, now time.Time) error {
	err := r.Registry.Consume(expected, presented, now)
	if _, pending := r.Backend(expected); pending && errors.Is(err, registry.ErrTokenNotLive) {
		return nil
	}
	return err
}

type closesEmpty struct{ *registry.Registry }

func (r closesEmpty) Close() []registry.Abandoned {
	all := r.Registry.Close()
	runtime.Gosched()
	return append(all, r.Registry.Close()...)[:0]
}
