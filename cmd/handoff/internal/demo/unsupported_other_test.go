//go:build !linux

package demo_test

import (
	"context"
	"errors"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoff-go/handoff/cmd/handoff/internal/commandline"
	"github.com/handoff-go/handoff/cmd/handoff/internal/demo"
)

func TestOtherSystemsSayThatTheyAreNotSupported(t *testing.T) {
	ledger, err := demo.Run(context.Background(), demo.DefaultConfig(), io.Discard)
	require.Nil(t, ledger)
	var unsupported *commandline.UnsupportedError
	require.ErrorAs(t, err, &unsupported)
	require.ErrorIs(t, err, errors.ErrUnsupported)
	require.Equal(t, 1, demo.Main(nil, io.Discard, io.Discard))
}
