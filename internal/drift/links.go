package main

import (
	"regexp"
	"slices"

	"github.com/handoff-go/handoff/internal/mutation"
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
	by       string // the link that must notice; empty: that of its place
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

// A link is a check that ties two places together, or one to what it promises.
type link struct {
	name    string
	looksAt []string // the places
	command []string
}

// allLinks returns the links in the order of the matrix.
func allLinks() []link {
	test := func(pkg, name string, args ...string) []string {
		return append([]string{"go", "test", "-count=1", pkg, "-run", name}, args...)
	}
	tlc := func(names string) []string { return []string{"go", "run", "./spec/tlc", "-only", names} }
	return []link{
		{"guarantees", []string{inSpec}, tlc("MCAlone,MCFull,MCLiveness")},
		{"graph equality", []string{inSpec, inModel}, tlc("GraphAlone,GraphClipped,GraphFull")},
		{"golden model", []string{inModel}, test("./model", "^TestGoldenGraph$")},
		{"properties", []string{inModel, inRegistry}, test("./proptest", "^TestRegistry$",
			"-rapid.seed=1", "-rapid.checks=200", "-rapid.shrinktime=0s", "-rapid.nofailfile")},
		{"golden walk", []string{inRegistry}, test("./proptest", "^TestRegistryWalks$")},
		{"traces", []string{inSpec, inModel, inRegistry}, []string{"go", "run", "./spec/trace", "-traces", "50", "-mutants", "0", "-seed", "1"}},
	}
}

// must returns the link that has to notice a change: the one that holds that place
// against another. The state graph does not tell what is refused from what is done to
// the same end, nor in which order a sweep goes: others must.
func (c change) must() string {
	if c.by != "" {
		return c.by
	}
	return map[string]string{inSpec: "graph equality", inModel: "graph equality", inRegistry: "golden walk"}[c.side]
}

func (l link) sees(m mutation.Mutant) bool { return slices.Contains(l.looksAt, m.Group) }

// broken matches what a link prints when it could not do its work: what does not compile
// or parse tells nothing about its meaning. TLC's codes are those of its own errors.
var broken = regexp.MustCompile(`\[build failed\]|\[setup failed\]|exit +(7[5-9]|1[45]\d|255)\b|tlc: |trace: (Java|TLC)`)
