package main

import "github.com/handoff-go/handoff/internal/mutation"

// A mutant is one small wrong edit of one source file.
type mutant struct {
	name     string // says what is wrong, in a few words
	breaks   string // the guarantee that it breaks: one of guarantees
	must     string // the name of the layer that must kill it
	says     string // one line: what the wrong code does
	file     string // path in the module, with slashes
	old, new string // old occurs exactly once in file, and new takes its place
	hangs    bool   // it can make a call wait forever, or loop: a test that runs out of time has killed it
}

// guarantees are what a mutant can break: the numbered ones of the design, and
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

func (m mutant) mutation() mutation.Mutant {
	return mutation.Mutant{
		Name: m.name, Says: m.says, Group: m.breaks, By: m.must, Hangs: m.hangs,
		Edit: mutation.Edit{File: m.file, Old: m.old, New: m.new},
	}
}

// forRunner returns all mutants as the runner takes them.
func forRunner() []mutation.Mutant {
	var all []mutation.Mutant
	for _, m := range allMutants() {
		all = append(all, m.mutation())
	}
	return all
}
