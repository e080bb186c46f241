package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestMain lets the test binary stand in for Java, so that the runner is tested
// where Java is missing. It then says what its configuration tells it to: an
// exit code, and a message.
func TestMain(m *testing.M) {
	at := slices.Index(os.Args, "-config")
	if !slices.Contains(os.Args, "tlc2.TLC") || at < 0 {
		os.Exit(m.Run())
	}
	cfg, err := os.ReadFile(os.Args[at+1])
	if err != nil {
		os.Exit(1)
	}
	exit, rest, _ := strings.Cut(string(cfg), "\n")
	code := 1
	fmt.Sscan(exit, &code)
	fmt.Print(rest)
	os.Exit(code)
}

func stand(t *testing.T, cfgs map[string]string) *checker {
	self, err := os.Executable()
	require.NoError(t, err)
	dir := t.TempDir()
	for name, text := range cfgs {
		write(t, dir, name, text)
	}
	return &checker{java: self, jar: "TLC", dir: dir}
}

func TestCheckAll(t *testing.T) {
	c := stand(t, map[string]string{
		"Good.cfg": "0\n" + said("2193", success, "2199", counted),
		"Bad.cfg":  "12\n" + said("2110", "Invariant LeftOnce is violated.", "2199", counted),
	})
	var models []model
	for _, name := range []string{"Good", "Bad"} {
		for workers := 1; workers <= 2; workers++ {
			m := good()
			m.Name, m.Cfg, m.States, m.Workers = fmt.Sprint(name, workers), name+".cfg", 41, workers
			models = append(models, m)
		}
	}
	var done atomic.Int32
	reports := c.checkAll(t.Context(), models, 2, func(report) { done.Add(1) })
	require.EqualValues(t, len(models), done.Load())

	var out bytes.Buffer
	p := printer{out: &out}
	require.Equal(t, exitDiffers, p.summarize(reports, nil, 0))
	require.Contains(t, out.String(), "4 models: 2 hold, 0 fail as they must, 2 differ")
	for i, r := range reports {
		require.Equal(t, models[i], r.model, "in the order of the manifest")
		require.Equal(t, strings.HasPrefix(r.model.Name, "Bad"), r.differs(), r.line())
	}
	require.Equal(t, exitOK, p.summarize(reports[:2], nil, 0))
	require.Equal(t, exitDiffers, p.summarize(reports[:2], []string{"a file in no model"}, 0))
}

func TestAnInvariantIsAddedInACopy(t *testing.T) {
	c := stand(t, map[string]string{"A.cfg": "SPECIFICATION Spec"})
	temp := t.TempDir()
	m := good()
	file, err := c.configure(temp, m)
	require.NoError(t, err)
	require.Equal(t, filepath.Join(c.dir, "A.cfg"), file)

	m.Invariant = "Never"
	file, err = c.configure(temp, m)
	require.NoError(t, err)
	copied, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, "SPECIFICATION Spec\nINVARIANT Never\n", string(copied))
	require.Equal(t, temp, filepath.Dir(file))
}

func TestACheckerThatCannotRunIsNotSuccess(t *testing.T) {
	m := good()
	c := &checker{java: filepath.Join(t.TempDir(), "java"), dir: t.TempDir()}
	require.Equal(t, broken, c.check(t.Context(), m).verdict)
	m.Invariant = "Never"
	require.Equal(t, broken, c.check(t.Context(), m).verdict, "no configuration to copy")
}

func TestDifferences(t *testing.T) {
	m := good()
	m.Verdict, m.Property, m.Clause, m.Exit = action, "P", "C", 13
	as := report{model: m, result: result{verdict: action, property: "C", exit: 13, states: 7}}
	require.Empty(t, as.differences())
	require.Contains(t, as.line(), "action P.C")

	tests := map[string]func(*result){
		"verdict invariant, not action": func(r *result) { r.verdict = invariant },
		"violated D, not C":             func(r *result) { r.property = "D" },
		"violated nothing, not C":       func(r *result) { r.property = "" },
		"exit code 12, not 13":          func(r *result) { r.exit = 12 },
		"distinct states 8, not 7":      func(r *result) { r.states = 8 },
	}
	for want, spoil := range tests {
		r := as
		spoil(&r.result)
		require.Equal(t, []string{want}, r.differences())
		require.Contains(t, r.line(), "DIFFERS: "+want)
		require.Equal(t, strings.HasPrefix(want, "distinct"), r.onlyStatesDiffer())
	}
}

// A graph that is not the Go model's, and one of another size, is not as it
// must be.
func TestAnotherGraphDiffers(t *testing.T) {
	dump := filepath.Join("..", "graph", "testdata", "small.dot")
	same := bounds{Tokens: 1, MaxPending: 1, AckDeadline: 1, TokenTTL: 1, Horizon: 1, Nodes: 22, Edges: 50}
	found := sameGraph(result{verdict: holds}, dump, &same)
	require.Equal(t, holds, found.verdict, found.text)
	for says, change := range map[string]func(*bounds){
		"not 17 and": func(b *bounds) { b.Nodes = 17 },
		"and 36":     func(b *bounds) { b.Edges = 36 },
		"a step":     func(b *bounds) { b.AckDeadline, b.TokenTTL = 2, 2 },
	} {
		other := same
		change(&other)
		found := sameGraph(result{verdict: holds}, dump, &other)
		require.Equal(t, another, found.verdict)
		require.Contains(t, found.text, says)
	}
	require.Equal(t, broken, sameGraph(result{verdict: holds}, "nowhere.dot", &same).verdict)
}
