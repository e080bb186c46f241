package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/handoff-go/handoff/internal/plant"
)

// A fault is one planted defect: a small edit of one source file.
type fault struct {
	name     string // says what is wrong, in a few words
	breaks   string // the guarantee that it breaks: one of guarantees
	must     string // the name of the layer that must find it
	says     string // one line: what the faulty code does
	file     string // path in the module, with slashes
	old, new string // old occurs exactly once in file, and new takes its place
	hangs    bool   // it can make a call wait for ever, or loop: a test that runs out of time has found it
}

// guarantees are what a fault can break: the numbered ones of the design, and
// two promises that have no number.
func guarantees() []string {
	return []string{
		"G1",  // leaves exactly once
		"G2",  // always revoked
		"G3",  // one deadline
		"G4",  // only live tokens
		"G5",  // bounded
		"G6",  // conserved
		"G7",  // ends
		"G8",  // saturating time
		"G9",  // one owner
		"G10", // no descriptor is lost
		"secrecy",
		"trace",
	}
}

// errNotCompiling says that a fault is worthless, as plant.ErrNotApplying and
// plant.ErrChangesNothing do.
var errNotCompiling = errors.New("does not compile")

func (f fault) edit() plant.Edit { return plant.Edit{File: f.file, Old: f.old, New: f.new} }

// checkFaults returns an error for data that no run could make sense of.
func checkFaults(faults []fault, layers []layer) error {
	var problems []error
	names := map[string]bool{}
	for _, f := range faults {
		problem := func(format string, args ...any) {
			problems = append(problems, fmt.Errorf("fault %q: "+format, append([]any{f.name}, args...)...))
		}
		if f.name == "" || f.says == "" || strings.ContainsAny(f.name, " ,\n") || strings.Contains(f.says, "\n") {
			problem("needs a name of one word and a description of one line")
		}
		if names[f.name] {
			problem("there are two of this name")
		}
		names[f.name] = true
		if !slices.Contains(guarantees(), f.breaks) {
			problem("%q is no guarantee", f.breaks)
		}
		if !slices.ContainsFunc(layers, func(l layer) bool { return l.name == f.must && !l.informative }) {
			problem("%q is no layer that a fault can rely on", f.must)
		}
	}
	return errors.Join(problems...)
}

func indexOf(faults []fault, name string) int {
	return slices.IndexFunc(faults, func(f fault) bool { return f.name == name })
}
