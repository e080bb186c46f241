package broker

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Only the pong of the latest ping ends the wait for it: one of an earlier ping may have been on its
// way since before the backend froze.
func TestOnlyTheLatestPongCounts(t *testing.T) {
	now := time.Unix(1000, 0)
	at := func(d time.Duration) time.Time { return now.Add(d) }
	var p pinger
	p.start(time.Second, now)
	require.Zero(t, p.next(at(time.Second-1)), "not yet")
	first := p.next(at(time.Second))
	require.NotZero(t, first)
	require.Zero(t, p.next(at(time.Hour)), "one at a time")
	require.False(t, p.pongDue(at(2*time.Second-1)))
	require.True(t, p.pongDue(at(2*time.Second)))

	for _, other := range []uint64{0, first + 1, first - 1, ^first} {
		p.pong(other, at(1500*time.Millisecond))
		require.True(t, p.pongDue(at(2*time.Second)), "a pong for another ping")
	}
	p.pong(first, at(1500*time.Millisecond))
	require.False(t, p.pongDue(at(time.Hour)))
	p.pong(first, at(2*time.Second)) // which nobody waits for
	require.Zero(t, p.next(at(2500*time.Millisecond-1)))
	second := p.next(at(2500 * time.Millisecond))
	require.NotZero(t, second)
	require.NotEqual(t, first, second)
	p.pong(first, at(2600*time.Millisecond))
	require.True(t, p.pongDue(at(3500*time.Millisecond)), "the first one again")
}

func TestNoIntervalMeansNoPing(t *testing.T) {
	for _, interval := range []time.Duration{0, -1} {
		var p pinger
		p.start(interval, time.Unix(1000, 0))
		require.Zero(t, p.next(time.Unix(1<<40, 0)))
		require.False(t, p.pongDue(time.Unix(1<<40, 0)))
		p.pong(0, time.Unix(2000, 0))
		require.Zero(t, p.next(time.Unix(1<<40, 0)))
	}
}
