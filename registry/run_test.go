package registry_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/handoff-go/handoff/registry"
	"github.com/stretchr/testify/require"
)

// running starts Run and returns a channel that receives its error.
func running(ctx context.Context, r *registry.Registry) <-chan error {
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	synctest.Wait()
	return ended
}

func TestRunExpiresAtTheDeadlineAndNotBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var exits atomic.Int64
		r := open(t, registry.Options{AckDeadline: time.Second, OnExit: func(registry.Exit) { exits.Add(1) }})
		ctx, cancel := context.WithCancel(t.Context())
		ended := running(ctx, r)
		begin(t, r, time.Now())
		time.Sleep(time.Second - 1)
		synctest.Wait()
		require.Zero(t, exits.Load())
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		require.EqualValues(t, 1, exits.Load())
		cancel()
		require.ErrorIs(t, <-ended, context.Canceled)
	})
}

func TestRunIsWokenByAnEarlierEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, registry.Options{AckDeadline: time.Second, TokenTTL: time.Hour})
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		ended := running(ctx, r)
		token := issue(t, r, time.Now()) // ends in an hour
		synctest.Wait()
		require.NoError(t, r.Register(token, cache, time.Now())) // now in a second
		time.Sleep(time.Second)
		synctest.Wait()
		require.EqualValues(t, 1, r.Stats().Expired)

		issue(t, r, time.Now())
		time.Sleep(time.Hour)
		synctest.Wait()
		require.Zero(t, r.Tokens(), "an issued token is dropped at its end too")
		r.Close()
		require.NoError(t, <-ended)
	})
}

func TestRunEndsWithCloseBeforeOrAfterItStarts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, registry.Options{})
		ended := running(context.Background(), r)
		r.Close()
		require.NoError(t, <-ended)
		require.NoError(t, r.Run(context.Background()))
	})
}

func TestRunWithAnEndedContextReturnsItsError(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 0)
	defer cancel()
	require.ErrorIs(t, open(t, registry.Options{}).Run(ctx), context.DeadlineExceeded)
}

// A Run that is woken and ends at the same moment must wake another in its place.
func TestOtherRunsTakeOverFromOneThatEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, registry.Options{AckDeadline: time.Second, TokenTTL: time.Hour})
		defer r.Close()
		var stop []context.CancelFunc
		for range 4 {
			ctx, cancel := context.WithCancel(context.Background())
			running(ctx, r)
			stop = append(stop, cancel)
		}
		issue(t, r, time.Now())
		synctest.Wait()
		for i := range 40 {
			begin(t, r, time.Now())
			if i%10 == 9 && len(stop) > 1 {
				stop[0]() // races with the wake-up, on purpose
				stop = stop[1:]
			}
			time.Sleep(time.Second)
			synctest.Wait()
			require.EqualValues(t, i+1, r.Stats().Expired)
		}
		stop[0]()
	})
}

// A context that ends without closing its channel, so that whoever waits on it wakes by
// something else and then finds it ended.
type endsUnheard struct {
	context.Context
	ended atomic.Bool
}

func (c *endsUnheard) Err() error {
	if c.ended.Load() {
		return context.Canceled
	}
	return nil
}

// The wake-up goes to the Run that has waited longest, which ends. Without another wake-up
// the other Run sleeps past the deadline (G7).
func TestARunThatEndsPassesItsWakeUpOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, registry.Options{AckDeadline: time.Second})
		first := &endsUnheard{Context: context.Background()}
		ended := running(first, r)
		other := running(context.Background(), r)
		first.ended.Store(true)
		begin(t, r, time.Now())
		require.ErrorIs(t, <-ended, context.Canceled, "it was woken")
		time.Sleep(time.Second)
		synctest.Wait()
		require.EqualValues(t, 1, r.Stats().Expired)
		r.Close()
		require.NoError(t, <-other)
	})
}

// A Run sweeps when it starts, when it is woken by an earlier end, and at an end: no oftener.
func TestARunIsWokenByNothingElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var sweeps atomic.Int64
		r := open(t, registry.Options{AckDeadline: time.Second, Trace: func(e registry.Event) {
			if e.Op == registry.OpSweep {
				sweeps.Add(1)
			}
		}})
		requireSweeps := func(want int64, when string) {
			t.Helper()
			synctest.Wait()
			require.Equal(t, want, sweeps.Load(), when)
		}
		r.Abandon(begin(t, r, time.Now()))
		ended := running(context.Background(), r)
		requireSweeps(1, "what ended before is none of its business")
		token := begin(t, r, time.Now())
		requireSweeps(2, "an earlier end than none")
		time.Sleep(time.Second / 2)
		begin(t, r, time.Now())
		requireSweeps(2, "a later end")
		r.Abandon(token)
		begin(t, r, time.Now().Add(-time.Second/2))
		requireSweeps(2, "the end that the timer is set to")
		time.Sleep(time.Second / 2)
		requireSweeps(3, "the end")
		r.Close()
		require.NoError(t, <-ended)
	})
}

// A slow callback delays the ends that are reached meanwhile, and loses none.
func TestRunSweepsAgainAfterASlowCallback(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ends []time.Duration
		start := time.Now()
		r := open(t, registry.Options{AckDeadline: 10 * time.Second, OnExit: func(registry.Exit) {
			ends = append(ends, time.Since(start))
			time.Sleep(4 * time.Second)
		}})
		ended := running(context.Background(), r)
		begin(t, r, start)
		begin(t, r, start.Add(5*time.Second))
		time.Sleep(time.Minute)
		r.Close()
		require.NoError(t, <-ended)
		require.Equal(t, []time.Duration{10 * time.Second, 15 * time.Second}, ends)
	})
}

func TestRunStopsBetweenStepsWhenItsContextEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		r := open(t, registry.Options{AckDeadline: time.Second, OnExit: func(registry.Exit) { cancel() }})
		for range 1000 {
			begin(t, r, time.Now())
		}
		time.Sleep(time.Second)
		require.ErrorIs(t, r.Run(ctx), context.Canceled)
		require.Less(t, r.Stats().Expired, uint64(100), "a batch, not all")
		require.NotZero(t, r.Stats().Expired)
	})
}

func TestRunSleepsWhileNothingEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const huge = 1<<63 - 1
		r := open(t, registry.Options{AckDeadline: huge, TokenTTL: huge})
		ended := running(context.Background(), r)
		begin(t, r, time.Now())
		time.Sleep(100 * 365 * 24 * time.Hour)
		require.Equal(t, 1, r.Len())
		r.Close()
		require.NoError(t, <-ended)
	})
}
