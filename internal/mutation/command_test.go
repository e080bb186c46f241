package mutation_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoff-go/handoff/internal/mutation"
	"github.com/handoff-go/handoff/internal/results"
)

// reading are checks that read the file a.go: one fails unless it says "one", the other unless it
// says "two".
type reading struct{ err error }

func (reading) Names() []string { return []string{"one", "two"} }

func (c reading) Prepare(_ context.Context, tree *mutation.Tree, _ []mutation.Mutant) error {
	verdicts, err := c.Try(context.Background(), tree, mutation.Mutant{})
	if err == nil && verdicts[0].Failed+verdicts[1].Failed > 0 {
		err = errors.New("does not pass")
	}
	return err
}

func (c reading) Try(_ context.Context, tree *mutation.Tree, _ mutation.Mutant) ([]mutation.Verdict, error) {
	text, err := os.ReadFile(filepath.Join(tree.Dir, "a.go"))
	if err != nil {
		return nil, err
	}
	verdicts := make([]mutation.Verdict, 2)
	for i, name := range c.Names() {
		verdicts[i].Runs = 1
		if !strings.Contains(string(text), name) {
			verdicts[i].Failed, verdicts[i].Saw = 1, "no "+name
		}
	}
	return verdicts, c.err
}

// inModule changes into a module whose a.go says "one two".
func inModule(t *testing.T) {
	t.Helper()
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile("go.mod", []byte("module example.com/m\n"), 0o644))
	require.NoError(t, os.WriteFile("a.go", []byte("package one_two\n"), 0o644))
}

// mutants are as many as trees can be tried in at once: the second is not killed by what must, the
// third is none.
func mutants() []mutation.Mutant {
	m := func(name, by, old, replacement string) mutation.Mutant {
		return mutation.Mutant{Name: name, Says: "what", Group: "G1", By: by, Edit: mutation.Edit{File: "a.go", Old: old, New: replacement}}
	}
	return []mutation.Mutant{m("no-one", "one", "one", "three"), m("no-two", "one", "two", "three"), m("gone", "one", "four", "five")}
}

func call(t *testing.T, c mutation.Checks, args ...string) (string, error) {
	t.Helper()
	command := mutation.NewCommand("test", "breaks", mutants(), 2)
	require.NoError(t, command.Parse(args))
	var out bytes.Buffer
	err := command.Run(t.Context(), &out, mutation.Runner{Checks: c}, "a note")
	return out.String(), err
}

func TestACommandPrintsATable(t *testing.T) {
	inModule(t)
	out, err := call(t, reading{}, "-o", "table", "-why")
	require.ErrorContains(t, err, "no-two survived")
	require.ErrorIs(t, err, mutation.ErrNotApplying)
	require.Regexp(t, `no-one +G1 +one +killed +killed +missed\n`, out)
	require.Regexp(t, `no-two +G1 +one +SURVIVED +missed +killed\n`, out)
	require.Regexp(t, `gone +G1 +one +INVALID +\. +\.\n`, out)
	require.Regexp(t, `killed, of those tried +1/3 +1/2 +1/2\n`, out)
	require.Contains(t, out, "one saw: no one")
	require.Contains(t, out, "1 of 3 mutants killed by the check that must kill them")
	table, err := os.ReadFile("table")
	require.NoError(t, err)
	require.Contains(t, out, string(table))

	out, err = call(t, reading{}, "-only", "no-one")
	require.NoError(t, err)
	require.NotContains(t, out, "no-two")
	out, err = call(t, reading{}, "-list")
	require.NoError(t, err)
	require.Contains(t, out, "3 mutants")
}

func TestJSONLinesSayWhatTheTableSays(t *testing.T) {
	inModule(t)
	out, err := call(t, reading{}, "-json", "-jobs", "1")
	require.Error(t, err)
	var lines []results.Line
	for text := range strings.Lines(out) {
		l, err := results.Parse([]byte(text))
		require.NoError(t, err)
		lines = append(lines, l)
	}
	require.Len(t, lines, 4)
	require.True(t, lines[0].Mutant.Killed)
	require.Equal(t, map[string]string{"one": "killed", "two": "missed"}, lines[0].Mutant.Checks)
	require.False(t, lines[1].Mutant.Killed)
	require.Contains(t, lines[1].Mutant.Problem, "survived")
	require.Contains(t, lines[2].Mutant.Problem, "no longer applies")
	require.Equal(t, 1, lines[3].Summary.Passed)
	require.Equal(t, 2, lines[3].Summary.Failed)
}

// An error that is no mutant's own ends the run, and leaves JSON without a summary.
func TestWhatCannotBeRunIsAnError(t *testing.T) {
	inModule(t)
	gone := errors.New("gone")
	out, err := call(t, reading{gone}, "-json")
	require.ErrorIs(t, err, gone)
	require.Equal(t, `{"problem":"without a mutant: gone"}`+"\n", out)
	require.NoError(t, os.WriteFile("a.go", []byte("package two\n"), 0o644))
	_, err = call(t, reading{})
	require.ErrorContains(t, err, "without a mutant: does not pass")
}

func TestWrongUsage(t *testing.T) {
	for _, args := range [][]string{{"-none"}, {"more"}, {"-only", "no-one,no-such"}} {
		err := mutation.NewCommand("test", "breaks", mutants(), 2).Parse(args)
		require.ErrorAs(t, err, new(mutation.UsageError))
	}
}

func TestVerdictsInWords(t *testing.T) {
	for want, v := range map[string]mutation.Verdict{
		".": {}, "killed": {Runs: 5, Failed: 5}, "missed": {Runs: 5}, "hung": {Runs: 1, Hung: 1},
		"3 of 5": {Runs: 5, Failed: 3}, "3 of 5, 1 hung": {Runs: 5, Failed: 3, Hung: 1},
	} {
		require.Equal(t, want, fmt.Sprint(v))
		require.Equal(t, want == "killed", v.Kills(mutation.Mutant{}))
		require.Equal(t, want == "killed" || want == "hung", v.Kills(mutation.Mutant{Hangs: true}))
	}
}
