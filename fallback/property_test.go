package fallback_test

import (
	"maps"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/handoff-go/handoff/fallback"
)

// naive is a limiter to be believed by reading it: it looks at every backend on
// every call.
type naive struct {
	policy  fallback.Policy
	started map[string]time.Time
	failed  map[string]int
}

func (n *naive) forgetOver(now time.Time) {
	for backend, start := range n.started {
		if now.Sub(start) >= n.policy.Window {
			n.succeed(backend)
		}
	}
}

func (n *naive) check(backend string, now time.Time) fallback.Decision {
	n.forgetOver(now)
	if n.failed[backend] < n.policy.MaxFailures {
		return fallback.Decision{}
	}
	if now.Before(n.started[backend]) {
		return limited(n.policy.Window)
	}
	return limited(n.policy.Window - now.Sub(n.started[backend]))
}

func (n *naive) fail(backend string, now time.Time) {
	n.forgetOver(now)
	if n.failed[backend] == 0 {
		n.started[backend] = now
	}
	n.failed[backend]++
}

func (n *naive) succeed(backend string) {
	delete(n.started, backend)
	delete(n.failed, backend)
}

func TestLimiterAgreesWithTheNaiveOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		policy := fallback.Policy{
			MaxFailures: rapid.IntRange(1, 3).Draw(t, "max failures"),
			Window:      rapid.SampledFrom([]time.Duration{1, 5, second, math.MaxInt64}).Draw(t, "window"),
		}
		limiter, err := fallback.NewLimiter(policy)
		require.NoError(t, err)
		model := &naive{policy: policy, started: map[string]time.Time{}, failed: map[string]int{}}
		backend := rapid.SampledFrom([]string{"", "a", "b", "c", "d"})
		now := start

		t.Repeat(map[string]func(*rapid.T){
			"Check": func(t *rapid.T) {
				b := backend.Draw(t, "backend")
				got := limiter.Check(b, now)
				require.Equal(t, model.check(b, now), got)
				if got != (fallback.Decision{}) {
					require.Positive(t, got.RetryAfter)
					require.LessOrEqual(t, got.RetryAfter, policy.Window)
				}
			},
			"Fail": func(t *rapid.T) {
				b := backend.Draw(t, "backend")
				limiter.Fail(b, now)
				model.fail(b, now)
			},
			"Succeed": func(t *rapid.T) {
				b := backend.Draw(t, "backend")
				limiter.Succeed(b)
				model.succeed(b)
			},
			"step": func(t *rapid.T) {
				now = now.Add(time.Duration(rapid.Int64Range(-3, 3).Draw(t, "step")))
			},
			"go to the end of a window": func(t *rapid.T) {
				begun := slices.Collect(maps.Values(model.started))
				if len(begun) == 0 {
					t.Skip("there is no window") // rapid tries another action
				}
				slices.SortFunc(begun, time.Time.Compare)
				end := rapid.SampledFrom(begun).Draw(t, "window begun").Add(policy.Window)
				now = end.Add(time.Duration(rapid.Int64Range(-1, 1).Draw(t, "from the end")))
			},
			"jump": func(t *rapid.T) {
				now = rapid.SampledFrom([]time.Time{
					{}, start, start.Add(-policy.Window), start.Add(math.MinInt64), start.Add(math.MaxInt64),
					time.Unix(math.MinInt64, 0), time.Unix(math.MaxInt64, 0),
				}).Draw(t, "now")
			},
			"": func(t *rapid.T) {
				held, consistent := limiter.Held()
				require.True(t, consistent)
				require.ElementsMatch(t, slices.Collect(maps.Keys(model.started)), held)
			},
		})
	})
}
