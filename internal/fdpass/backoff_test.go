package fdpass_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/handoff-go/handoff/internal/fdpass"
	"github.com/stretchr/testify/require"
)

func TestBackoffDoublesUpToMost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := fdpass.Backoff{Most: 30 * time.Millisecond}
		sleep := func() time.Duration {
			began := time.Now()
			require.True(t, b.Sleep(nil))
			return time.Since(began)
		}
		for _, want := range []time.Duration{5, 10, 20, 30, 30} {
			require.Equal(t, want*time.Millisecond, sleep())
		}
		b.Reset()
		require.Equal(t, 5*time.Millisecond, sleep())

		stop := make(chan struct{})
		close(stop)
		began := time.Now()
		require.False(t, b.Sleep(stop))
		require.Zero(t, time.Since(began))
	})
}
