package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCommandLineOfTrace(t *testing.T) {
	for args, code := range map[string]int{
		"trace --help": 0, "trace --nonsense": 2, "trace extra": 2, "trace -connections 0": 2, "trace -in-flight -1": 2, "trace -ack-deadline 0s": 2,
	} {
		var stdout, stderr strings.Builder
		require.Equal(t, code, run(strings.Fields(args), &stdout, &stderr), args)
		require.NotEmpty(t, stderr.String(), args)
		require.Empty(t, stdout.String(), args)
	}
	var stdout, stderr strings.Builder
	require.Zero(t, run([]string{"help"}, &stdout, &stderr))
	require.Contains(t, stdout.String(), "handoff trace")
}
