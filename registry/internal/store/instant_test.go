package store

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestInstantsSaturate(t *testing.T) {
	require.Equal(t, Never, Never.After(1))
	require.Equal(t, Never, Instant(1).After(1<<63-1))
	require.Equal(t, Never, (-Never).After(1<<63-1))
	require.Equal(t, -Never+1, (-Never).After(1))
	require.Equal(t, Never, (Never - 1).After(1))
	require.False(t, Never.Reached(Never), "what never ends is never reached")
	require.True(t, (Never - 1).Reached(Never))
	require.True(t, Instant(0).Reached(0))
	require.False(t, Instant(0).Reached(-1))
	require.Zero(t, Instant(1).Since(2))
	require.Equal(t, time.Duration(1<<63-2), Never.Since(-Never))
	require.Equal(t, Never, At(1<<63-1))
	require.Equal(t, -Never, At(-1<<63))
}
