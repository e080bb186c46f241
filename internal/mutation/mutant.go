// Package mutation tests the tests of a module: it makes one small wrong change of its sources
// after the other, each in a copy, and asks checks whether they notice. Such a changed module is
// a mutant; a check that fails on it kills it; one that no check kills, though one must, has
// survived. The commands internal/mutants and internal/drift supply the mutants and the checks.
package mutation

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// A Mutant is one wrong change of one source file.
type Mutant struct {
	Name  string // a few words, joined by dashes: what is wrong
	Says  string // one line: what the changed code does
	Group string // what the change is about: the guarantee that it breaks, or the place of the rule
	By    string // the check that must kill it
	Hangs bool   // the change can make a call wait forever: a check that runs out of time kills it, too
	Edit
}

// validate returns an error for mutants that no run could make sense of, such as two of one name or
// one that none of the checks must kill.
func validate(mutants []Mutant, checks []string) error {
	var problems []error
	names := map[string]bool{}
	for _, m := range mutants {
		problem := func(format string, args ...any) {
			problems = append(problems, fmt.Errorf("mutant %q: "+format, append([]any{m.Name}, args...)...))
		}
		if m.Name == "" || m.Says == "" || strings.ContainsAny(m.Name, " ,\n") || strings.Contains(m.Says, "\n") {
			problem("needs a name of one word and a description of one line")
		}
		if names[m.Name] {
			problem("there are two of this name")
		}
		names[m.Name] = true
		if !slices.Contains(checks, m.By) {
			problem("%q is no check", m.By)
		}
	}
	return errors.Join(problems...)
}

// choose returns the mutants with the names in a comma-separated list, or all for an empty one.
func choose(mutants []Mutant, names string) ([]Mutant, error) {
	if names == "" {
		return mutants, nil
	}
	var chosen []Mutant
	for name := range strings.SplitSeq(names, ",") {
		i := slices.IndexFunc(mutants, func(m Mutant) bool { return m.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("no mutant is named %q; -list lists them", name)
		}
		chosen = append(chosen, mutants[i])
	}
	return chosen, nil
}

// A Verdict is what one check made of one mutant. The zero Verdict says that the check was not
// asked: it does not look at the changed place, or it is left to others.
type Verdict struct {
	Runs   int    // how often the check ran
	Failed int    // in how many of them it failed
	Hung   int    // in how many of them it ran out of time
	Saw    string // the line that says best what the first of these saw; may be empty
}

// Add counts the runs of u as v's, too.
func (v *Verdict) Add(u Verdict) {
	v.Runs += u.Runs
	v.Failed += u.Failed
	v.Hung += u.Hung
	if v.Saw == "" {
		v.Saw = u.Saw
	}
}

// Kills reports whether the check noticed the mutant in every one of its runs.
func (v Verdict) Kills(m Mutant) bool {
	noticed := v.Failed
	if m.Hangs {
		noticed += v.Hung
	}
	return v.Runs > 0 && noticed == v.Runs
}

// String returns the verdict as the table shows it.
func (v Verdict) String() string {
	switch {
	case v.Runs == 0:
		return "."
	case v.Failed == v.Runs:
		return "killed"
	case v.Hung == v.Runs:
		return "hung"
	case v.Failed+v.Hung == 0:
		return "missed"
	case v.Hung == 0:
		return fmt.Sprintf("%d of %d", v.Failed, v.Runs)
	}
	return fmt.Sprintf("%d of %d, %d hung", v.Failed, v.Runs, v.Hung)
}
