package command_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoff-go/handoff/internal/command"
)

func TestOutputIsWhatACommandPrints(t *testing.T) {
	printed, err := command.Go(t.Context(), t.TempDir(), "env", "GOWORK")
	require.NoError(t, err)
	require.Equal(t, "off", strings.TrimSpace(printed))
	printed, err = command.Go(t.Context(), t.TempDir(), "no-such-command")
	require.True(t, command.Failed(err))
	require.ErrorContains(t, err, "go no-such-command")
	require.Contains(t, printed, "unknown command", "of the other output, too")
	_, err = command.Output(t.Context(), t.TempDir(), "no-such-program")
	require.Error(t, err)
	require.False(t, command.Failed(err))
}

func TestLinesComeAsTheyArePrinted(t *testing.T) {
	var lines []string
	read := func(line string) { lines = append(lines, line) }
	require.NoError(t, command.Lines(t.Context(), t.TempDir(), read, "go", "env", "GOWORK", "GOWORK"))
	require.Equal(t, []string{"off", "off"}, lines)
	lines = nil
	require.True(t, command.Failed(command.Lines(t.Context(), t.TempDir(), read, "go", "no-such-command")))
	require.NotEmpty(t, lines)
	require.Error(t, command.Lines(t.Context(), t.TempDir(), read, "no-such-program"))
}

func TestACommandEndsWithItsContext(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	stop()
	_, err := command.Output(ctx, t.TempDir(), "go", "version")
	require.ErrorIs(t, err, context.Canceled)
	require.Error(t, command.Lines(ctx, t.TempDir(), func(string) {}, "go", "version"))
}

func TestModuleRootIsAtOrAbove(t *testing.T) {
	root, err := command.ModuleRoot()
	require.NoError(t, err)
	require.FileExists(t, filepath.Join(root, "internal", "command", "command.go"))
	t.Chdir(t.TempDir())
	_, err = command.ModuleRoot()
	require.ErrorContains(t, err, "go.mod")
}
