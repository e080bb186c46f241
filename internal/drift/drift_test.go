package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoff-go/handoff/internal/mutation"
	"github.com/handoff-go/handoff/internal/results"
)

// The sources change under the changes: this tells at once which of them have to follow.
func TestEveryChangeAppliesToTheSourcesAsTheyAre(t *testing.T) {
	names, sides := map[string]bool{}, map[string]int{}
	for _, c := range allChanges() {
		source, err := os.ReadFile(filepath.Join("../..", filepath.FromSlash(c.file)))
		require.NoError(t, err, c.name)
		_, err = c.mutant().In(strings.ReplaceAll(string(source), "\r\n", "\n"))
		require.NoError(t, err, c.name)
		require.False(t, names[c.name], c.name)
		require.NotEmpty(t, c.says, c.name)
		names[c.name] = true
		sides[c.side]++
		require.True(t, strings.HasPrefix(c.file, c.side+"/"), c.name)
	}
	require.Equal(t, map[string]int{inSpec: 10, inModel: 10, inRegistry: 10}, sides)
}

// What must notice a change is a check that looks at its place.
func TestEveryChangeHasALinkThatSeesIt(t *testing.T) {
	for _, c := range allChanges() {
		found := false
		for _, k := range allChecks() {
			found = found || k.name == c.must() && k.sees(c.mutant())
		}
		require.True(t, found, c.name)
	}
}

// exit returns the error of a command that exits with 1.
func exit(t *testing.T) error {
	t.Helper()
	err := exec.Command("go", "no-such-command").Run()
	require.Error(t, err)
	return err
}

func TestTheMatrixTellsWhatWasNoticed(t *testing.T) {
	source := t.TempDir()
	write := func(file, text string) {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(source, file)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(source, file), []byte(text), 0o644))
	}
	write("registry/a.go", "package registry\n\nconst A = 1\nconst B = 2\n")
	write(".cache/tool.jar", "jar")
	no := exit(t)
	c := &checks{all: allChecks()}
	r := mutation.Runner{Source: source, Checks: c, With: []string{".cache/*.jar"}, Jobs: 2}
	var mutants []mutation.Mutant
	for _, c := range side(inRegistry, []change{
		{name: "a", says: "A", file: "registry/a.go", old: "A = 1", new: "A = 3"},
		{name: "b", says: "B", file: "registry/a.go", old: "B = 2", new: "B = 3"},
		{name: "broken", says: "package", file: "registry/a.go", old: "package registry", new: "package other"},
		{name: "gone", says: "C", file: "registry/a.go", old: "C", new: "D"},
	}) {
		mutants = append(mutants, c.mutant())
	}
	// The golden walk sees A and not B; a change of the package's name breaks it.
	c.run = func(_ context.Context, dir, _ string, args ...string) (string, error) {
		text, err := os.ReadFile(filepath.Join(dir, "registry", "a.go"))
		require.NoError(t, err)
		require.FileExists(t, filepath.Join(dir, ".cache", "tool.jar"))
		walk := strings.Contains(strings.Join(args, " "), "Walks")
		switch {
		case strings.Contains(string(text), "package other"):
			return `{"Action":"fail","Package":"m","FailedBuild":"m"}`, no
		case walk && !strings.Contains(string(text), "A = 1"):
			return "differs", no
		}
		return "", nil
	}
	m, err := r.Run(t.Context(), mutants)
	require.NoError(t, err)
	require.NoError(t, m.Rows[0].Failure(m.Checks))
	require.ErrorContains(t, m.Rows[1].Failure(m.Checks), `survived: golden walk must kill it, and says "missed"`)
	require.ErrorIs(t, m.Rows[2].Failure(m.Checks), mutation.ErrNotCompiling)
	require.ErrorIs(t, m.Rows[3].Failure(m.Checks), mutation.ErrNotApplying)
	require.ErrorIs(t, m.Failure(), mutation.ErrNotCompiling)
	text := m.String("changed in")
	require.Contains(t, text, "1 of 4 mutants killed")
	require.Regexp(t, `registry-a +registry +golden walk +killed +\. +\. +\. +missed +killed +missed`, text)
	require.Contains(t, text, "SURVIVED")
	require.Contains(t, text, "INVALID")

	c.run = func(context.Context, string, string, ...string) (string, error) { return `{"Action":"fail"}`, no }
	_, err = r.Run(t.Context(), mutants)
	require.ErrorIs(t, err, errNotPassing)
	c.run = func(context.Context, string, string, ...string) (string, error) { return "", errors.New("not found") }
	_, err = r.Run(t.Context(), mutants)
	require.ErrorContains(t, err, "not found")
}

func TestWhatCouldNotBeCheckedIsNoCatch(t *testing.T) {
	require.True(t, testsChecked(`{"Action":"fail","Package":"m","Test":"TestA"}`))
	require.False(t, testsChecked("go: noise\n"+`{"Action":"fail","Package":"m","FailedBuild":"m"}`))
	model := func(verdict string) string {
		return `{"model":{"name":"A","verdict":"` + verdict + `","exit":0,"states":1,"seconds":1}}` + "\n"
	}
	const summary = `{"summary":{"passed":0,"failed":1,"seconds":1}}`
	require.True(t, specChecked(model("invariant")+summary))
	require.False(t, specChecked(model(results.NotChecked)+summary))
	require.False(t, specChecked(`{"problem":"java is missing"}`), "it has no summary")
}

func TestUsage(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), []string{"-list", "-only", "spec-over-is-after"}, &out))
	require.Contains(t, out.String(), "an end is over one instant later")
	for _, args := range [][]string{{"-none"}, {"x"}, {"-only", "no-such-change"}} {
		require.ErrorAs(t, run(t.Context(), args, &out), new(mutation.UsageError))
	}
}
