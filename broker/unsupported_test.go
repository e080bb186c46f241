//go:build !linux && !darwin

package broker_test

import (
	"testing"

	"github.com/handoff-go/handoff/broker"
	"github.com/stretchr/testify/require"
)

func TestNewSaysThatItIsUnsupported(t *testing.T) {
	_, err := broker.New(broker.Options{})
	var e *broker.UnsupportedError
	require.ErrorAs(t, err, &e)
	require.NotZero(t, e.Fallback().Reason)
}
