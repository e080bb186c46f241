package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoff-go/handoff/internal/mutation"
)

// The tests of the layers make mutants of a module of a few lines.

const (
	sum = `package sum

// Of adds up.
func Of(numbers ...int) int {
	total := 0
	for _, n := range numbers {
		total += n // each counts
	}
	return total
}

// Mean is zero of nothing.
func Mean(numbers ...int) int { return Of(numbers...) / max(1, len(numbers)) }

func double(n int) int { return 2 * n }
`
	sumTest = `package sum

import "testing"

func TestOf(t *testing.T) {
	if got := Of(1, 2, 3); got != 6 {
		t.Fatal(got)
	}
}

func TestMeanInTheShortRunOnly(t *testing.T) {
	if testing.Short() && Mean(2, 4) != 3 {
		t.Fatal("mean")
	}
}

func TestDouble(t *testing.T) {
	if double(2) != 4 {
		t.Fatal("double")
	}
}
`
)

func module(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		path := filepath.Join(root, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	}
	return root
}

func sumModule(t *testing.T) string {
	return module(t, map[string]string{
		"go.mod":          "module example.com/sum\n\ngo 1.25.0\n",
		"sum/sum.go":      sum,
		"sum/sum_test.go": sumTest,
	})
}

// layersOfSum are one that relies on all tests, and one whose second run has
// fewer eyes than its first.
func layersOfSum() []layer {
	return []layer{
		{name: "all", parts: []part{{"sum", ""}}, runs: [][]string{{"-test.short"}}},
		{name: "seeds", parts: []part{{"sum", "^TestMean"}}, runs: [][]string{{"-test.short"}, nil}, ownOnly: true},
		{name: "aside", parts: []part{{"sum", ""}}, runs: once(), informative: true},
	}
}

func bySum(name, must, old, replacement string) mutation.Mutant {
	return mutant{name: name, breaks: "G1", must: must, says: "does it wrong", file: "sum/sum.go", old: old, new: replacement}.mutation()
}

func tryAll(t *testing.T, mutants ...mutation.Mutant) *mutation.Matrix {
	t.Helper()
	c := &checks{layers: layersOfSum(), leastLimit: 2 * time.Second}
	m, err := (&mutation.Runner{Source: sumModule(t), Checks: c, Jobs: 3}).Run(t.Context(), mutants)
	require.NoError(t, err)
	require.Len(t, m.Rows, len(mutants))
	return m
}

func TestAMutantThatItsLayerKillsIsNoFailure(t *testing.T) {
	m := tryAll(t, bySum("counts-double", "all", "total += n", "total += 2 * n"))
	require.NoError(t, m.Failure())
	require.Equal(t, "killed", m.Rows[0].Verdicts[0].String())
	require.Equal(t, ".", m.Rows[0].Verdicts[1].String(), "that layer is not asked about mutants of others")
	require.Contains(t, m.String("breaks"), "1 of 1 mutants killed")
}

func TestInvalidMutantsAreFailures(t *testing.T) {
	missing := bySum("no-such-file", "all", "total += n", "total -= n")
	missing.File = "sum/gone.go"
	m := tryAll(t,
		bySum("gone", "all", "total *= n", "total += 2 * n"),
		bySum("twice", "all", "total", "n"),
		missing,
		bySum("comment-only", "all", "// each counts", "// some count"),
		bySum("spaces-only", "all", "total += n", "total  +=  n"),
		bySum("no-compile", "all", "total += n", "total += nothing"),
		bySum("tests-do-not-compile", "all", "double(n int) int", "twice(n int) int"),
	)
	for i, want := range []error{
		mutation.ErrNotApplying, mutation.ErrNotApplying, mutation.ErrNotApplying,
		mutation.ErrChangesNothing, mutation.ErrChangesNothing,
		mutation.ErrNotCompiling, mutation.ErrNotCompiling,
	} {
		r := m.Rows[i]
		require.ErrorIs(t, r.Err, want, r.Mutant.Name)
		require.ErrorIs(t, m.Failure(), want)
		require.ErrorContains(t, m.Failure(), r.Mutant.Name)
	}
	require.Equal(t, 7, strings.Count(m.String("breaks"), "INVALID"))
	require.Contains(t, m.String("breaks"), "0 of 7 mutants killed")
}

func TestASurvivorIsAFailure(t *testing.T) {
	m := tryAll(t,
		bySum("nobody-looks", "all", "max(1, len(numbers))", "max(2, len(numbers))"),
		bySum("only-one-seed-finds-it", "seeds", "Of(numbers...) /", "1 + Of(numbers...) /"),
		bySum("another-layer-finds-it", "seeds", "2 * n", "3 * n"),
	)
	require.ErrorContains(t, m.Failure(), "nobody-looks survived")
	require.ErrorContains(t, m.Failure(), `only-one-seed-finds-it survived: seeds must kill it, and says "1 of 2"`)
	require.ErrorContains(t, m.Failure(), "another-layer-finds-it survived")
	require.Equal(t, "killed", m.Rows[2].Verdicts[0].String())
	require.Equal(t, 3, strings.Count(m.String("breaks"), "SURVIVED"))
}

func TestRunningOutOfTimeCountsOnlyWhereItIsExpected(t *testing.T) {
	hanging := bySum("hangs", "all", "total += n", "for n > 0 {\n}")
	hanging.Hangs = true
	m := tryAll(t, hanging, bySum("should-not-hang", "all", "total += n", "for n > 0 {\n}"))
	require.Equal(t, "hung", m.Rows[0].Verdicts[0].String())
	require.NoError(t, m.Rows[0].Failure(m.Checks))
	require.Equal(t, "hung", m.Rows[1].Verdicts[0].String())
	require.ErrorContains(t, m.Rows[1].Failure(m.Checks), "should-not-hang survived")
}

func TestTheCopyWithoutAMutantMustPass(t *testing.T) {
	f := bySum("counts-double", "all", "total += n", "total += 2 * n")
	for claim, c := range map[string]struct {
		files  map[string]string
		layers func([]layer)
		want   string
	}{
		"a test fails": {
			files: map[string]string{"sum/sum.go": strings.Replace(sum, "2 * n", "3 * n", 1)},
			want:  "without a mutant: all: sum: exit status 1",
		},
		"it does not compile": {
			files: map[string]string{"sum/sum.go": sum + "nonsense"},
			want:  "without a mutant: all: not a mutant: it does not compile or parse",
		},
		"a name that no test has": {
			layers: func(ls []layer) { ls[0].parts[0].tests = "^TestNothing$" },
			want:   `without a mutant: all: sum: no test ran that matches "^TestNothing$"`,
		},
		"a package that is not there": {
			layers: func(ls []layer) { ls[0].parts[0].dir = "product" },
			want:   "without a mutant: all: go list",
		},
	} {
		t.Run(claim, func(t *testing.T) {
			root := sumModule(t)
			for name, text := range c.files {
				require.NoError(t, os.WriteFile(filepath.Join(root, filepath.FromSlash(name)), []byte(text), 0o644))
			}
			layers := layersOfSum()
			if c.layers != nil {
				c.layers(layers)
			}
			r := mutation.Runner{Source: root, Checks: &checks{layers: layers}}
			_, err := r.Run(t.Context(), []mutation.Mutant{f})
			require.ErrorContains(t, err, c.want)
		})
	}
}

// A layer without tests kills nothing, so its mutants survive.
func TestALayerWithoutTestsLetsItsMutantsSurvive(t *testing.T) {
	root := sumModule(t)
	require.NoError(t, os.Remove(filepath.Join(root, "sum", "sum_test.go")))
	r := mutation.Runner{Source: root, Checks: &checks{layers: layersOfSum()}}
	m, err := r.Run(t.Context(), []mutation.Mutant{bySum("counts-double", "all", "total += n", "total += 2 * n")})
	require.NoError(t, err)
	require.ErrorContains(t, m.Failure(), "counts-double survived")
}

func TestAnInterruptedRunIsAnError(t *testing.T) {
	ctx, stop := context.WithCancel(context.Background())
	stop()
	r := mutation.Runner{Source: sumModule(t), Checks: &checks{layers: layersOfSum()}}
	_, err := r.Run(ctx, []mutation.Mutant{bySum("counts-double", "all", "total += n", "total += 2 * n")})
	require.ErrorIs(t, err, context.Canceled)
}

func TestCauseIsTheLineThatSaysWhatFailed(t *testing.T) {
	require.Equal(t, "sum_test.go:7: 7", cause("=== RUN   TestOf\n--- FAIL: TestOf (0.00s)\n    sum_test.go:7: 7\nFAIL\n"))
	require.Equal(t, "run.go:3: [rapid] failed after 2 tests: Len: got 1",
		cause("--- FAIL: TestX (0.00s)\n    --- FAIL: TestX/s (0.00s)\n        run.go:2: seed\n        run.go:3: [rapid] failed after 2 tests: Len: got 1\n"))
	require.Equal(t, "panic: gone [recovered]", cause("--- FAIL: TestX (0.00s)\npanic: gone [recovered]\n\tpanic: again\n"))
	require.Equal(t, "WARNING: DATA RACE", cause("==================\nWARNING: DATA RACE\n    x_test.go:3: later\n"))
	require.Empty(t, cause(""))
}
