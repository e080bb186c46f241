package main

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoff-go/handoff/internal/plant"
)

// The tests of the harness plant faults in a module of a few lines.

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

func bySum(name, must, old, replacement string) fault {
	return fault{name: name, breaks: "G1", must: must, says: "does it wrong", file: "sum/sum.go", old: old, new: replacement}
}

func tryAll(t *testing.T, faults ...fault) (*matrix, *bench) {
	t.Helper()
	b := &bench{source: sumModule(t), layers: layersOfSum(), out: io.Discard, leastLimit: 2 * time.Second, jobs: 3}
	m, err := b.run(context.Background(), faults)
	require.NoError(t, err)
	require.Len(t, m.rows, len(faults))
	return m, b
}

func TestAFaultThatItsLayerFindsIsNoFailure(t *testing.T) {
	m, b := tryAll(t, bySum("counts-double", "all", "total += n", "total += 2 * n"))
	require.NoError(t, m.failures())
	require.Equal(t, "caught", m.rows[0].verdicts[0].String())
	require.Equal(t, ".", m.rows[0].verdicts[1].String(), "that layer is not asked about faults of others")
	require.Contains(t, m.String(), "1 of 1 faults found")
	require.NoFileExists(t, b.tree, "nothing is left behind")
}

func TestWorthlessFaultsAreFailures(t *testing.T) {
	missing := bySum("no-such-file", "all", "total += n", "total -= n")
	missing.file = "sum/gone.go"
	m, _ := tryAll(t,
		bySum("gone", "all", "total *= n", "total += 2 * n"),
		bySum("twice", "all", "total", "n"),
		missing,
		bySum("comment-only", "all", "// each counts", "// some count"),
		bySum("spaces-only", "all", "total += n", "total  +=  n"),
		bySum("no-compile", "all", "total += n", "total += nothing"),
		bySum("tests-do-not-compile", "all", "double(n int) int", "twice(n int) int"),
	)
	for i, want := range []error{
		plant.ErrNotApplying, plant.ErrNotApplying, plant.ErrNotApplying,
		plant.ErrChangesNothing, plant.ErrChangesNothing,
		errNotCompiling, errNotCompiling,
	} {
		r := m.rows[i]
		require.ErrorIs(t, r.err, want, r.fault.name)
		require.ErrorIs(t, m.failures(), want)
		require.ErrorContains(t, m.failures(), r.fault.name)
	}
	require.Equal(t, 7, strings.Count(m.String(), "WORTHLESS"))
	require.Contains(t, m.String(), "0 of 7 faults found")
}

func TestASurvivorIsAFailure(t *testing.T) {
	m, _ := tryAll(t,
		bySum("nobody-looks", "all", "max(1, len(numbers))", "max(2, len(numbers))"),
		bySum("only-one-seed-finds-it", "seeds", "Of(numbers...) /", "1 + Of(numbers...) /"),
		bySum("another-layer-finds-it", "seeds", "2 * n", "3 * n"),
	)
	require.ErrorContains(t, m.failures(), "nobody-looks survives")
	require.ErrorContains(t, m.failures(), `only-one-seed-finds-it survives: seeds must find it and says "1 of 2"`)
	require.ErrorContains(t, m.failures(), "another-layer-finds-it survives")
	require.Equal(t, "caught", m.rows[2].verdicts[0].String())
	require.Equal(t, 3, strings.Count(m.String(), "SURVIVES"))
}

func TestRunningOutOfTimeCountsOnlyWhereItIsExpected(t *testing.T) {
	hanging := bySum("hangs", "all", "total += n", "for n > 0 {\n}")
	hanging.hangs = true
	m, _ := tryAll(t, hanging, bySum("should-not-hang", "all", "total += n", "for n > 0 {\n}"))
	require.Equal(t, "hung", m.rows[0].verdicts[0].String())
	require.NoError(t, m.rows[0].failure(m.layers))
	require.Equal(t, "hung", m.rows[1].verdicts[0].String())
	require.ErrorContains(t, m.rows[1].failure(m.layers), "should-not-hang survives")
}

func TestTheCopyWithoutAFaultMustPass(t *testing.T) {
	f := bySum("counts-double", "all", "total += n", "total += 2 * n")
	for claim, c := range map[string]struct {
		files  map[string]string
		layers func([]layer)
		want   string
	}{
		"a test fails": {
			files: map[string]string{"sum/sum.go": strings.Replace(sum, "2 * n", "3 * n", 1)},
			want:  "without a fault: all: sum: exit status 1",
		},
		"it does not compile": {
			files: map[string]string{"sum/sum.go": sum + "nonsense"},
			want:  "without a fault: all: does not compile",
		},
		"a name that no test has": {
			layers: func(ls []layer) { ls[0].parts[0].tests = "^TestNothing$" },
			want:   `without a fault: all: sum: no test ran that matches "^TestNothing$"`,
		},
		"a package that is not there": {
			layers: func(ls []layer) { ls[0].parts[0].dir = "product" },
			want:   "without a fault: all: go list",
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
			_, err := (&bench{source: root, layers: layers, out: io.Discard}).run(context.Background(), []fault{f})
			require.ErrorContains(t, err, c.want)
		})
	}
}

// A layer without tests finds nothing, which makes its faults survivors.
func TestALayerWithoutTestsLetsItsFaultsSurvive(t *testing.T) {
	root := sumModule(t)
	require.NoError(t, os.Remove(filepath.Join(root, "sum", "sum_test.go")))
	b := &bench{source: root, layers: layersOfSum(), out: io.Discard}
	m, err := b.run(context.Background(), []fault{bySum("counts-double", "all", "total += n", "total += 2 * n")})
	require.NoError(t, err)
	require.ErrorContains(t, m.failures(), "counts-double survives")
}

func TestAnInterruptedRunIsAnError(t *testing.T) {
	ctx, stop := context.WithCancel(context.Background())
	stop()
	b := &bench{source: sumModule(t), layers: layersOfSum(), out: io.Discard}
	_, err := b.run(ctx, []fault{bySum("counts-double", "all", "total += n", "total += 2 * n")})
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
