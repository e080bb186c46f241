package main

import (
	"fmt"
	"slices"
	"time"
)

// An outcome is what became of a lane, or of one step of it.
type outcome struct {
	lane       string
	passed     int
	failures   []failure
	skips      []skip
	unfinished bool // a tool is missing, the time was up, or the user interrupted it
	took       time.Duration
}

// A failure is one thing that failed, with what it said.
type failure struct {
	name    string
	message []string
}

// A skip is a test that did not run, and why.
type skip struct{ name, reason string }

// ok reports whether something was checked and nothing failed.
func (o *outcome) ok() bool { return len(o.failures) == 0 && o.passed > 0 }

// add adds the outcome of a step.
func (o *outcome) add(s outcome) {
	o.passed += s.passed
	o.failures = append(o.failures, s.failures...)
	o.skips = append(o.skips, s.skips...)
}

// Of a long message the beginning and the end are shown: a panic has its reason in the first
// lines, a failed command in the last ones. The log has all of it.
const (
	mostHead = 40
	mostTail = 20
)

func excerpt(lines []string) []string {
	left := len(lines) - mostHead - mostTail
	if left <= 0 {
		return lines
	}
	return slices.Concat(lines[:mostHead], []string{fmt.Sprintf("... %d lines ...", left)}, lines[len(lines)-mostTail:])
}
