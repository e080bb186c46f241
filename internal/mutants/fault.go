package main

import "github.com/handoff-go/handoff/internal/mutation"

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

func (f fault) mutant() mutation.Mutant {
	return mutation.Mutant{
		Name: f.name, Says: f.says, Group: f.breaks, By: f.must, Hangs: f.hangs,
		Edit: mutation.Edit{File: f.file, Old: f.old, New: f.new},
	}
}

// allMutants returns all faults as mutants.
func allMutants() []mutation.Mutant {
	var all []mutation.Mutant
	for _, f := range allFaults() {
		all = append(all, f.mutant())
	}
	return all
}
