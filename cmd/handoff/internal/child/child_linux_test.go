package child_test

import (
	"context"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoff-go/handoff/cmd/handoff/internal/child"
)

// TestMain lets the test binary be a child that prints what it is.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == "role" {
		os.Stdout.WriteString(os.Args[1] + " " + os.Args[2])
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func TestChildrenAreThisBinaryInARole(t *testing.T) {
	cmd, err := child.Command(context.Background(), "role", "--flag=1")
	require.NoError(t, err)
	out, err := cmd.Output()
	require.NoError(t, err)
	require.Equal(t, "role --flag=1", string(out))
}

func TestLeftNamesWhatWasOpenedAndClosed(t *testing.T) {
	require.NoError(t, child.WarmPoller())
	gone, err := os.Open(os.DevNull)
	require.NoError(t, err)
	before, err := child.Descriptors()
	require.NoError(t, err)
	opened, closed, err := child.Left(before)
	require.NoError(t, err)
	require.Empty(t, opened)
	require.Empty(t, closed)
	require.NoError(t, gone.Close())
	opened, closed, err = child.Left(before)
	require.NoError(t, err)
	require.Empty(t, opened)
	require.Len(t, closed, 1)
	require.Regexp(t, `^\d+ /dev/null$`, closed[0])
}
