//go:build !linux

package bench_test

import (
	"context"
	"errors"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoff-go/handoff/cmd/handoff/internal/bench"
)

func TestOtherSystemsSayThatTheyAreNotSupported(t *testing.T) {
	_, err := bench.Run(context.Background(), bench.DefaultConfig(), io.Discard)
	require.ErrorIs(t, err, errors.ErrUnsupported)
	_, err = bench.Soak(context.Background(), bench.DefaultSoakConfig(), io.Discard)
	require.ErrorIs(t, err, errors.ErrUnsupported)
	require.Equal(t, 1, bench.Main([]string{"soak"}, io.Discard, io.Discard))
}
