package main

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCommandLine(t *testing.T) {
	for _, tc := range []struct {
		args           string
		code           int
		stdout, stderr string
	}{
		{"", 0, "Usage:", ""},
		{"help", 0, "Usage:", ""},
		{"--help", 0, "Usage:", ""},
		{"nonsense", 2, "", `no command is called "nonsense"`},
		{"--nonsense", 2, "", `no command is called "--nonsense"`},
		{"demo --help", 0, "", "-connections"},
		{"demo --nonsense", 2, "", "-nonsense"},
		{"demo extra", 2, "", `"extra"`},
		{"demo --seed=x", 2, "", "-seed"},
		{"demo --seed=-1", 2, "", "-seed"},
		{"demo --connections=0", 2, "", "connections 0"},
		{"demo --connections=-7", 2, "", "connections -7"},
		{"demo --connections=100001", 2, "", "connections 100001"},
		{"demo --parallel=0", 2, "", "parallel 0"},
		{"demo --parallel=1025", 2, "", "parallel 1025"},
		{"demo --faults=maybe", 2, "", "maybe"},
		{"demo --faults=slow=60,kill=60", 2, "", "above 100"},
		{"bench", 0, "handoff bench soak", ""},
		{"bench nonsense", 2, "", "nonsense"},
		{"bench handoff -n 1", 2, "", "n 1"},
	} {
		t.Run(tc.args, func(t *testing.T) {
			var stdout, stderr strings.Builder
			code := run(strings.Fields(tc.args), &stdout, &stderr)
			require.Equal(t, tc.code, code, stderr.String())
			require.Contains(t, stdout.String(), tc.stdout)
			require.Contains(t, stderr.String(), tc.stderr)
			if tc.stdout == "" {
				require.Empty(t, stdout.String())
			}
			if tc.stderr == "" {
				require.Empty(t, stderr.String())
			}
		})
	}
}

// The command needs no kit and no test library.
func TestCommandDoesNotImportTheKit(t *testing.T) {
	deps, err := exec.Command("go", "list", "-deps", ".").Output()
	require.NoError(t, err)
	require.Contains(t, string(deps), "/cmd/handoff\n")
	for _, no := range []string{"/proptest\n", "pgregory.net/rapid\n", "porcupine", "\ntesting\n"} {
		require.NotContains(t, string(deps), no)
	}
}
