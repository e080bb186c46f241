package main

import (
	"slices"
	"strings"

	"github.com/handoff-go/handoff/internal/mutation"
	"github.com/handoff-go/handoff/internal/results"
)

// The places where a rule stands.
const (
	inSpec     = "spec"
	inModel    = "model"
	inRegistry = "registry"
)

// A change is a small change of meaning in one place.
type change struct {
	name     string
	side     string // where it is
	says     string // one line: what is different
	file     string // path in the module, with slashes
	old, new string // old occurs exactly once in file, and new takes its place
	by       string // the check that must notice; empty: that of its place
}

func (c change) mutant() mutation.Mutant {
	return mutation.Mutant{
		Name: c.name, Says: c.says, Group: c.side, By: c.must(),
		Edit: mutation.Edit{File: c.file, Old: c.old, New: c.new},
	}
}

// allMutants returns all changes as mutants.
func allMutants() []mutation.Mutant {
	var all []mutation.Mutant
	for _, c := range allChanges() {
		all = append(all, c.mutant())
	}
	return all
}

// A check is a command that ties two places together, or one to what it promises.
type check struct {
	name    string
	looksAt []string // the places
	command []string
	checked func(printed string) bool // whether what the command printed says that it could do its work
}

// allChecks returns the checks in the order of the matrix.
func allChecks() []check {
	test := func(pkg, name string, args ...string) []string {
		return append([]string{"go", "test", "-json", "-count=1", pkg, "-run", name}, args...)
	}
	tlc := func(names string) []string { return []string{"go", "run", "./spec/tlc", "-json", "-only", names} }
	return []check{
		{"guarantees", []string{inSpec}, tlc("MCAlone,MCFull,MCLiveness"), specChecked},
		{"graph equality", []string{inSpec, inModel}, tlc("GraphAlone,GraphClipped,GraphFull"), specChecked},
		{"golden model", []string{inModel}, test("./model", "^TestGoldenGraph$"), testsChecked},
		{"properties", []string{inModel, inRegistry}, test("./proptest", "^TestRegistry$",
			"-rapid.seed=1", "-rapid.checks=200", "-rapid.shrinktime=0s", "-rapid.nofailfile"), testsChecked},
		{"golden walk", []string{inRegistry}, test("./proptest", "^TestRegistryWalks$"), testsChecked},
		{"traces", []string{inSpec, inModel, inRegistry}, []string{"go", "run", "./spec/trace", "-json", "-traces", "50", "-mutants", "0", "-seed", "1"}, specChecked},
	}
}

// must returns the check that has to notice a change: the one that holds that place
// against another. The state graph does not tell what is refused from what is done to
// the same end, nor in which order a sweep goes: others must.
func (c change) must() string {
	if c.by != "" {
		return c.by
	}
	return map[string]string{inSpec: "graph equality", inModel: "graph equality", inRegistry: "golden walk"}[c.side]
}

func (k check) sees(m mutation.Mutant) bool { return slices.Contains(k.looksAt, m.Group) }

// What does not compile or parse tells nothing about its meaning, so a check that failed must have
// got as far as checking something.

// testsChecked reports whether output of go test -json is that of tests that were built.
func testsChecked(printed string) bool {
	for text := range strings.Lines(printed) {
		if e, err := results.ParseTest([]byte(text)); err == nil && e.FailedBuild != "" {
			return false
		}
	}
	return true
}

// specChecked reports whether output of package results is complete, and of models that TLC could
// check.
func specChecked(printed string) bool {
	complete := false
	for text := range strings.Lines(printed) {
		l, err := results.Parse([]byte(text))
		if err == nil && l.Model != nil && l.Model.Verdict == results.NotChecked {
			return false
		}
		complete = complete || err == nil && l.Summary != nil
	}
	return complete
}
