package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoff-go/handoff/spec/trace/events"
)

// call runs the command and returns its exit code and what it printed.
func call(t *testing.T, stdin string, args ...string) (int, string) {
	t.Helper()
	var out bytes.Buffer
	code := run(t.Context(), args, strings.NewReader(stdin), &out, &out)
	return code, out.String()
}

// needJava skips a test that runs TLC where that cannot be, or takes too long.
func needJava(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("it runs TLC, which takes seconds")
	}
	if _, err := exec.LookPath("java"); err != nil {
		t.Skip("java is missing, so no trace was checked against the specification")
	}
}

func TestFreshTracesArePathsThroughTheSpecification(t *testing.T) {
	needJava(t)
	file := filepath.Join(t.TempDir(), "traces")
	code, out := call(t, "", "-traces", "4", "-mutants", "40", "-save", file)
	require.Equal(t, exitOK, code, out)
	require.Regexp(t, `4 traces of \d+ events; refused 40 of 40 illegal mutants, and taken (\d+) of`, out)
	require.FileExists(t, file)
}

// A registry with a longer deadline than it should have is found out.
func TestATraceThatIsNoPathIsNamedWithTheEventAndTheState(t *testing.T) {
	needJava(t)
	const wrong = `trace wrong ack=1s ttl=6s max=2
Begin ref=1 now=1000000000 end=2000000000 state=pending answer=ok
Acknowledge ref=1 now=2000000000 end=2000000000 state=acknowledged answer=ok
Close answer=ok
`
	code, out := call(t, wrong, "-file", "-", "-mutants", "0")
	require.Equal(t, exitDiffers, code, out)
	require.Contains(t, out, "trace wrong is no path through the model: event 2 does not fit, the model answers DeadlineError:")
	require.Contains(t, out, "trace wrong is no path through HandoffAck: event 2 does not fit:\n  Acknowledge ref=1 now=2000000000")
	require.Contains(t, out, `handoff |-> "pending"`)
	require.Contains(t, out, "1 traces of 3 events")
}

func TestTooFewMutantsAreAProblem(t *testing.T) {
	needJava(t)
	code, out := call(t, "trace idle ack=1s ttl=6s max=2\nSweep now=0 answer=ok\n", "-file", "-", "-mutants", "500")
	require.Equal(t, exitDiffers, code, out)
	require.Contains(t, out, "mutants that the model refuses, not 500")
}

func TestWhatTLCCannotCheckIsNoSuccess(t *testing.T) {
	needJava(t)
	c, err := newChecker(t.Context())
	require.NoError(t, err)
	c.spec = t.TempDir() // no specification there
	_, err = c.check(t.Context(), theBatch(t))
	require.ErrorContains(t, err, "TLC")
}

func TestWithoutJavaNothingIsChecked(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	code, out := call(t, "")
	require.Equal(t, exitNoJava, code)
	require.Contains(t, out, "NOT checked")
}

func TestWrongUsageIsRefused(t *testing.T) {
	bad := filepath.Join(t.TempDir(), "bad")
	require.NoError(t, os.WriteFile(bad, []byte("no trace"), 0o600))
	for _, args := range [][]string{{"-none"}, {"more"}, {"-traces", "0"}, {"-mutants", "-1"}, {"-spoilt", "-1"}} {
		code, out := call(t, "", args...)
		require.Equal(t, exitUsage, code, "%v", args)
		require.NotEmpty(t, out, "%v", args)
	}
	for _, file := range []string{bad, filepath.Join(t.TempDir(), "none"), "-"} {
		_, err := gather(file, strings.NewReader(""), 1, 1)
		require.Equal(t, exitUsage, exitCode(err), file)
	}
	require.Equal(t, exitUsage, exitCode(saveTo(t.TempDir(), events.Recording{})))
}
