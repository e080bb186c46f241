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

// What only many callers can see, by the check that must find it. How callers
// meet is up to the scheduler, so each has several attempts.
func TestRacesAreFound(t *testing.T) {
	for name, fault := range map[string]struct {
		check  string
		broken factory
	}{
		"counts in two readings":        {"counts", wrapped(func(r *registry.Registry) proptest.Registry { return countsInTwo{r} })},
		"acknowledges what was pending": {"winners", wrapped(func(r *registry.Registry) proptest.Registry { return acksWhatWas{r} })},
		"tells one exit at a time": {"counts", rewired(func(o *registry.Options) {
			tell, busy := o.OnExit, new(atomic.Bool)
			o.OnExit = func(e registry.Exit) {
				if busy.CompareAndSwap(false, true) {
					tell(e)
					busy.Store(false)
				}
			}
		})},
		"remembers a count":     {"linearizable", wrapped(func(r *registry.Registry) proptest.Registry { return &remembers{Registry: r} })},
		"consumes again":        {"linearizable", wrapped(func(r *registry.Registry) proptest.Registry { return consumesAgain{r} })},
		"closes without a word": {"linearizable", wrapped(func(r *registry.Registry) proptest.Registry { return closesSilently{r} })},
		"numbers events as they come": {"trace", rewired(func(o *registry.Options) {
			if trace := o.Trace; trace != nil {
				seq := new(atomic.Uint64)
				o.Trace = func(e registry.Event) {
					runtime.Gosched()
					e.Seq = seq.Add(1)
					trace(e)
				}
			}
		})},
		"traces no drops": {"trace", rewired(func(o *registry.Options) { leaveOut(o, registry.OpDrop) })},
	} {
		t.Run(name, func(t *testing.T) {
			drawInto(t, t.TempDir())
			check := proptest.Contests()[fault.check]
			const attempts = 20
			for attempt := 1; ; attempt++ {
				v := judge(func(t rapid.TB) { check(t, fault.broken) })
				if v.failed {
					t.Logf("attempt %d: %.300s", attempt, v.message)
					return
				}
				require.Less(t, attempt, attempts, "it was never found")
			}
		})
	}
}

type countsInTwo struct{ *registry.Registry }

func (r countsInTwo) Stats() registry.Stats {
	s := r.Registry.Stats()
	runtime.Gosched()
	s.Pending = r.Registry.Stats().Pending
	return s
}

type acksWhatWas struct{ *registry.Registry }

func (r acksWhatWas) Acknowledge(t registry.Token, now time.Time) (registry.Acknowledged, error) {
	b, pending := r.Backend(t)
	runtime.Gosched()
	done, err := r.Registry.Acknowledge(t, now)
	if pending && errors.Is(err, registry.ErrNotPending) {
		return registry.Acknowledged{Token: t, Backend: b}, nil
	}
	return done, err
}

type remembers struct {
	*registry.Registry
	n atomic.Int64
}

func (r *remembers) Len() int { return int(r.n.Swap(int64(r.Registry.Len()))) }

type consumesAgain struct{ *registry.Registry }

func (r consumesAgain) Consume(expected, presented registry.Token, now time.Time) error {
	err := r.Registry.Consume(expected, presented, now)
	if _, pending := r.Backend(expected); pending && errors.Is(err, registry.ErrTokenNotLive) {
		return nil
	}
	return err
}

type closesSilently struct{ *registry.Registry }

func (r closesSilently) Close() []registry.Abandoned {
	all := r.Registry.Close()
	runtime.Gosched()
	return append(all, r.Registry.Close()...)[:0]
}
