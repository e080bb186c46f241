package proptest_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoff-go/handoff/proptest"
	"github.com/handoff-go/handoff/registry"
)

func TestRecordReturnsEveryEventInTheOrderOfEffect(t *testing.T) {
	for seed := range uint64(8) {
		var system proptest.Registry
		options := registry.Options{AckDeadline: 10, TokenTTL: 13, MaxPending: 4}
		events, err := proptest.Record(func(o registry.Options) (proptest.Registry, error) {
			r, err := registry.New(o)
			system = r
			return r, err
		}, options, seed, 3, 40)
		require.NoError(t, err)
		require.GreaterOrEqual(t, len(events), 3*40, "each call has an event of its own")
		closed, begun := false, uint64(0)
		for i, e := range events {
			require.EqualValues(t, i+1, e.Seq)
			closed = closed || e.Op == registry.OpClose
			if e.State != 0 && !e.State.Terminal() {
				begun++
			}
		}
		require.Equal(t, seed%4 != 0, closed)
		require.Equal(t, system.Stats().Registered, begun)
	}
}

func TestRecordReturnsTheErrorOfTheFactory(t *testing.T) {
	refusal := errors.New("no")
	_, err := proptest.Record(func(registry.Options) (proptest.Registry, error) { return nil, refusal },
		registry.Options{AckDeadline: time.Second}, 1, 1, 1)
	require.ErrorIs(t, err, refusal)
}
