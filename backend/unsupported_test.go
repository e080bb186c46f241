//go:build !linux && !darwin

package backend_test

import (
	"context"
	"testing"

	"github.com/handoff-go/handoff/backend"
	"github.com/stretchr/testify/require"
)

func TestListenSaysThatItIsUnsupported(t *testing.T) {
	_, err := backend.Listen(context.Background(), "x", "echo", backend.Options{})
	var e *backend.UnsupportedError
	require.ErrorAs(t, err, &e)
	require.NotZero(t, e.Fallback().Reason)
}
