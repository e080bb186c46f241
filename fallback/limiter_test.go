package fallback_test

import (
	"math"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoff-go/handoff/fallback"
)

const second = time.Second

func TestWindowEndsAtItsEndAndNotBefore(t *testing.T) {
	limiter := newLimiter(t, 2, 10*second)
	limiter.Fail("cache", start)
	limiter.Fail("cache", start.Add(9*second)) // does not lengthen the window

	require.Equal(t, limited(second), limiter.Check("cache", start.Add(9*second)))
	require.Equal(t, limited(1), limiter.Check("cache", start.Add(10*second-1)))
	require.Zero(t, limiter.Check("cache", start.Add(10*second)))
}

func TestFailureAtTheEndBeginsAnotherWindow(t *testing.T) {
	limiter := newLimiter(t, 2, 10*second)
	limiter.Fail("cache", start)
	limiter.Fail("cache", start.Add(10*second))
	require.Zero(t, limiter.Check("cache", start.Add(10*second)), "the first failure no longer counts")

	limiter.Fail("cache", start.Add(11*second))
	require.Equal(t, limited(9*second), limiter.Check("cache", start.Add(11*second)))
}

// In running-process the look would begin a window, and the failures would be limited for its last 5 s.
func TestALookBeginsNoWindow(t *testing.T) {
	limiter := newLimiter(t, 2, 10*second)
	limiter.Fail("cache", start)
	require.Zero(t, limiter.Check("cache", start.Add(10*second)))
	failures(limiter, 2, "cache", start.Add(15*second))
	require.Equal(t, limited(10*second), limiter.Check("cache", start.Add(15*second)))
}

func TestFailuresBeyondTheLimitChangeNothing(t *testing.T) {
	limiter := newLimiter(t, 1, 10*second)
	failures(limiter, 100, "cache", start)
	require.Equal(t, limited(7*second), limiter.Check("cache", start.Add(3*second)))
	require.Zero(t, limiter.Check("cache", start.Add(10*second)))
}

func TestBackendsAreLimitedIndependently(t *testing.T) {
	limiter := newLimiter(t, 2, 10*second)
	failures(limiter, 2, "cache", start)
	failures(limiter, 1, "mail", start)
	failures(limiter, 2, "", start) // a name like any other
	require.Equal(t, limited(10*second), limiter.Check("cache", start))
	require.Equal(t, limited(10*second), limiter.Check("", start))
	require.Zero(t, limiter.Check("mail", start))
	require.Zero(t, limiter.Check("unknown", start))
}

func TestSuccessForgetsTheBackend(t *testing.T) {
	limiter := newLimiter(t, 2, 10*second)
	failures(limiter, 2, "cache", start)
	limiter.Fail("mail", start)

	limiter.Succeed("cache")
	limiter.Succeed("unknown")

	require.Zero(t, limiter.Check("cache", start))
	limiter.Fail("cache", start.Add(second))
	require.Zero(t, limiter.Check("cache", start.Add(second)), "it counts from nothing again")
	limiter.Fail("mail", start.Add(second))
	require.Equal(t, limited(9*second), limiter.Check("mail", start.Add(second)), "the others keep their failures")
}

func TestClockThatStepsBackNeverWaitsLongerThanTheWindow(t *testing.T) {
	limiter := newLimiter(t, 1, 10*second)
	limiter.Fail("cache", start)
	for _, back := range []time.Duration{1, second, time.Hour, math.MaxInt64} {
		require.Equal(t, limited(10*second), limiter.Check("cache", start.Add(-back)), "%v back", back)
	}
	require.Equal(t, limited(10*second), limiter.Check("cache", time.Time{}))
	require.Equal(t, limited(1), limiter.Check("cache", start.Add(10*second-1)), "the window stayed where it was")
}

func TestClockThatStepsBackDoesNotReviveWhatWasForgotten(t *testing.T) {
	limiter := newLimiter(t, 1, 10*second)
	limiter.Fail("cache", start)
	require.Zero(t, limiter.Check("mail", start.Add(10*second)), "a call for another backend forgets it")
	require.Zero(t, limiter.Check("cache", start))
}

func TestTimesFarApartSaturate(t *testing.T) {
	never := newLimiter(t, 1, math.MaxInt64)
	never.Fail("cache", start)
	require.Equal(t, limited(math.MaxInt64), never.Check("cache", start))
	require.Equal(t, limited(math.MaxInt64-time.Hour), never.Check("cache", start.Add(time.Hour)))
	require.Equal(t, limited(math.MaxInt64), never.Check("cache", time.Time{}))

	short := newLimiter(t, 1, 1)
	short.Fail("cache", time.Time{})
	require.Zero(t, short.Check("cache", start), "2025 years are more than a nanosecond")
}

func TestConcurrentFailuresAreAllCounted(t *testing.T) {
	const workers, each = 8, 50
	limiter := newLimiter(t, workers*each, time.Hour)
	var group sync.WaitGroup
	for i := range workers {
		group.Go(func() {
			for n := range each {
				own := strconv.Itoa(i)
				if !(i == 0 && n == 0) { // all but one
					limiter.Fail("shared", start)
				}
				limiter.Fail(own, start.Add(time.Duration(n)))
				limiter.Check(own, start)
				limiter.Succeed(own)
			}
		})
	}
	group.Wait()

	require.Zero(t, limiter.Check("shared", start))
	limiter.Fail("shared", start)
	require.Equal(t, limited(time.Hour), limiter.Check("shared", start))
	held, consistent := limiter.Held()
	require.True(t, consistent)
	require.Equal(t, []string{"shared"}, held)
}

func TestAllocs(t *testing.T) {
	limiter := newLimiter(t, 2, 10*second)
	failures(limiter, 2, "cache", start)
	for name, call := range map[string]func(){
		"Check unknown": func() { limiter.Check("unknown", start) },
		"Check limited": func() { limiter.Check("cache", start) },
		"Fail again":    func() { limiter.Fail("cache", start) },
		"Succeed":       func() { limiter.Succeed("unknown") },
	} {
		require.Zero(t, testing.AllocsPerRun(100, call), name)
	}
}

// Both clocks should cost about the same: the list is searched once after a step back.
func BenchmarkFail(b *testing.B) {
	for _, clock := range []struct {
		name string
		back time.Duration
	}{{"steady", 0}, {"stepped-back", time.Hour}} {
		for _, held := range []int{1000, 100_000} {
			b.Run("clock="+clock.name+"/held="+strconv.Itoa(held), func(b *testing.B) {
				limiter := newLimiter(b, 8, time.Hour)
				now := start
				for i := range held {
					now = now.Add(1)
					limiter.Fail(strconv.Itoa(i), now)
				}
				now = now.Add(-clock.back)
				b.ReportAllocs()
				for b.Loop() {
					now = now.Add(1)
					limiter.Fail("new", now)
					limiter.Succeed("new")
				}
			})
		}
	}
}

func BenchmarkCheck(b *testing.B) {
	limiter := newLimiter(b, 8, time.Hour)
	failures(limiter, 8, "cache", start)
	for _, backend := range []string{"cache", "unknown"} {
		b.Run("backend="+backend, func(b *testing.B) {
			b.ReportAllocs()
			var got fallback.Decision
			for b.Loop() {
				got = limiter.Check(backend, start)
			}
			if (got.Reason != 0) != (backend == "cache") {
				b.Fatal(got)
			}
		})
	}
}
