package obligations_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoff-go/handoff/registry"
)

const year = 365 * 24 * time.Hour

// many is more than a sweep or Close ends before it lets others in.
const many = 200

// begun makes a registry with many handoffs that end in a second.
func begun(t *testing.T, onExit func(registry.Exit)) *registry.Registry {
	t.Helper()
	r, err := registry.New(registry.Options{AckDeadline: time.Second, OnExit: onExit})
	require.NoError(t, err)
	for range many {
		begin(t, r)
	}
	return r
}

func begin(t *testing.T, r *registry.Registry) {
	t.Helper()
	_, err := r.Begin(registry.Backend{Service: "cache"}, time.Now())
	require.NoError(t, err)
}

// running runs f in a goroutine, and returns the channel that its result comes on.
func running[T any](f func() T) <-chan T {
	done := make(chan T, 1)
	go func() { done <- f() }()
	synctest.Wait()
	return done
}

// The property is Ends: what is pending, and is over one day, settles.

func TestEachHandoffIsExpired(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := begun(t, nil)
		for range many { // each with a timer of its own, as where nobody sweeps
			token, err := r.Begin(registry.Backend{Service: "cache"}, time.Now())
			require.NoError(t, err)
			time.AfterFunc(time.Second, func() { r.Expire(token, time.Now()) })
		}
		time.Sleep(time.Second)
		synctest.Wait()
		require.EqualValues(t, many, r.Stats().Expired)
		require.Equal(t, many, r.Len(), "those without a timer")
	})
}

func TestAHandoffThatNobodyExpiresStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, err := registry.New(registry.Options{AckDeadline: time.Second})
		require.NoError(t, err)
		token, err := r.Begin(registry.Backend{Service: "cache"}, time.Now())
		require.NoError(t, err)
		for range many {
			other, err := r.Begin(registry.Backend{Service: "cache"}, time.Now())
			require.NoError(t, err)
			time.AfterFunc(time.Second, func() { r.Expire(other, time.Now()) })
		}
		time.Sleep(year)
		synctest.Wait()
		_, pending := r.Backend(token)
		require.True(t, pending)
		require.Equal(t, 1, r.Len())
		_, expired := r.Expire(token, time.Now())
		require.True(t, expired, "it was only that")
	})
}

func TestASweepGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r *registry.Registry
		late := 0
		r = begun(t, func(registry.Exit) {
			if late++; late <= many {
				begin(t, r) // others come between the steps
			}
		})
		time.Sleep(time.Second)
		require.Len(t, r.ExpireOverdue(time.Now()), many)
		require.Equal(t, many, r.Len(), "those that came between are not over")
		require.EqualValues(t, many, r.Stats().Expired)
	})
}

func TestASweepThatStopsLeavesTheRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		r := begun(t, func(registry.Exit) { stop() })
		time.Sleep(time.Second)
		require.ErrorIs(t, r.Run(ctx), context.Canceled)
		left := r.Len()
		require.NotZero(t, left)
		require.Less(t, left, many)
		time.Sleep(year)
		require.Equal(t, left, r.Len(), "nobody takes them")
		require.Len(t, r.ExpireOverdue(time.Now()), left, "it was only that")
		require.Zero(t, r.Len())
	})
}

func TestASweepComesToItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := begun(t, func(registry.Exit) { time.Sleep(time.Minute) }) // slow, but it returns
		ended := running(func() error { return r.Run(context.Background()) })
		time.Sleep(time.Second)
		begin(t, r) // under the first sweep
		time.Sleep((many + 2) * time.Minute)
		synctest.Wait()
		require.Zero(t, r.Len(), "a second one has followed")
		require.EqualValues(t, many+1, r.Stats().Expired)
		r.Close()
		require.NoError(t, <-ended)
	})
}

func TestASweepThatIsHeldLetsNoneFollow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		held := make(chan struct{})
		r := begun(t, func(registry.Exit) { <-held })
		ended := running(func() error { return r.Run(context.Background()) })
		time.Sleep(time.Second)
		synctest.Wait()
		begin(t, r)
		time.Sleep(year)
		synctest.Wait()
		next, ok := r.NextDeadline()
		require.True(t, ok)
		require.Less(t, next, time.Now(), "it is over, and pending")
		require.NotZero(t, r.Len())
		close(held)
		synctest.Wait()
		require.Zero(t, r.Len(), "it was only that")
		r.Close()
		require.NoError(t, <-ended)
	})
}

func TestCloseGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := errors.New("a callback that breaks")
		r := begun(t, func(registry.Exit) { panic(broken) })
		require.PanicsWithValue(t, broken, func() { r.Close() })
		require.Zero(t, r.Tokens())
		require.EqualValues(t, many, r.Stats().Abandoned)
	})
}

func TestCloseThatIsHeldLeavesTheRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		held := make(chan struct{})
		r := begun(t, func(registry.Exit) { <-held })
		closed := running(func() int { return len(r.Close()) })
		left := r.Tokens()
		require.NotZero(t, left)
		require.Less(t, left, many)
		time.Sleep(year)
		require.Empty(t, r.ExpireOverdue(time.Now()), "nobody else may end them")
		require.Equal(t, left, r.Tokens())
		close(held)
		require.Equal(t, many, <-closed, "it was only that")
		require.Zero(t, r.Tokens())
	})
}

func TestSomebodySweepsLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := begun(t, nil)
		ended := running(func() error { return r.Run(context.Background()) })
		time.Sleep(time.Second - 1)
		synctest.Wait()
		require.Equal(t, many, r.Len(), "nothing is over")
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		require.Zero(t, r.Len())
		r.Close()
		require.NoError(t, <-ended)
	})
	synctest.Test(t, func(t *testing.T) { // a caller's own loop
		r := begun(t, nil)
		for next, ok := r.NextDeadline(); ok; next, ok = r.NextDeadline() {
			time.Sleep(time.Until(next))
			r.ExpireOverdue(time.Now())
		}
		require.Zero(t, r.Len())
		require.EqualValues(t, many, r.Stats().Expired)
	})
}

func TestNobodySweepsLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := begun(t, nil)
		start := time.Now()
		time.Sleep(year)
		require.Equal(t, many, r.Len(), "nobody sweeps")
		for range 1000 { // for ever at the same instant: fairness must be strong
			require.Empty(t, r.ExpireOverdue(start.Add(time.Second-1)))
		}
		require.Equal(t, many, r.Len(), "sweeps, and none later")
		require.Len(t, r.ExpireOverdue(start.Add(time.Second)), many, "it was only that")
	})
}
