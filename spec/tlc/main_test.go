package main

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoff-go/handoff/spec/internal/tlatools"
)

func TestExitCodesTellWhatIsMissing(t *testing.T) {
	for err, code := range map[error]int{
		tlatools.ErrNoJava: exitNoJava, tlatools.ErrNoTLC: exitNoTLC, tlatools.ErrWrongTLC: exitWrongTLC, usageError("no"): exitUsage,
	} {
		require.Equal(t, code, exitCode(fmt.Errorf("%w: more", err)))
	}
}

func TestRunWithoutJavaIsNotSuccess(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	var out, errs bytes.Buffer
	require.Equal(t, exitNoJava, run(t.Context(), nil, &out, &errs))
	require.Empty(t, out.String())
	require.Contains(t, errs.String(), "NOT checked")
}

func TestRunRefusesWrongUsage(t *testing.T) {
	for _, args := range [][]string{{"-none"}, {"model"}, {"-jobs", "0"}, {"-lane", "short"}, {"-only", "NoSuchModel"}} {
		var out, errs bytes.Buffer
		require.Equal(t, exitUsage, run(t.Context(), args, &out, &errs), "%v", args)
		require.NotEmpty(t, errs.String(), "%v", args)
	}
}
