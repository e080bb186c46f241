package main

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/handoff-go/handoff/spec/trace/events"
)

// Order, and what lies a deadline or a TTL apart, are all that the specification
// asks of instants.
func TestRanksKeepOrderAndSums(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		unit := rapid.SampledFrom([]int64{1, 7, int64(time.Millisecond)}).Draw(t, "unit")
		ack := time.Duration(rapid.Int64Range(1, 30).Draw(t, "ack") * unit)
		ttl := ack + time.Duration(rapid.Int64Range(0, 30).Draw(t, "more")*unit)
		step := stepOf(ack, ttl)
		require.Zero(t, ack%step)
		require.Zero(t, ttl%step)
		instants := []events.Instant{}
		for _, n := range rapid.SliceOfN(rapid.Int64Range(-100*unit, 100*unit), 1, 20).Draw(t, "instants") {
			at := events.Instant(n)
			instants = append(instants, at, at+events.Instant(ack), at+events.Instant(ttl))
		}
		r := rank(step, instants)
		per := len(r.rests) + rapid.IntRange(0, 5).Draw(t, "spare")
		number := func(at events.Instant) int {
			n, err := r.of(at, per)
			require.NoError(t, err)
			require.GreaterOrEqual(t, n, 0)
			return n
		}
		for i := 0; i < len(instants); i += 3 {
			require.Equal(t, int(ack/step)*per, number(instants[i+1])-number(instants[i]))
			require.Equal(t, int(ttl/step)*per, number(instants[i+2])-number(instants[i]))
		}
		slices.Sort(instants)
		for i := 1; i < len(instants); i++ {
			require.Equal(t, instants[i-1] < instants[i], number(instants[i-1]) < number(instants[i]))
		}
	})
}

func TestRanksKnowOnlyWhatTheyWereTold(t *testing.T) {
	r := rank(10, []events.Instant{3, 25})
	for _, at := range []events.Instant{4, -7, 10 * horizon} {
		_, err := r.of(at, 2)
		require.Error(t, err, "%d", at)
	}
	require.Equal(t, events.Endless, stepOf(events.Endless, events.Endless+1))
	require.Equal(t, 6*time.Second, stepOf(6*time.Second, events.Endless))
}
