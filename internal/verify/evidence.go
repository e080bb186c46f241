package main

import (
	"maps"
	"strconv"
	"time"
)

// evidence is what the checks have shown, by name.
type evidence struct {
	tests   map[string]testRun  // "proptest.TestRegistry"
	models  map[string]modelRun // as the manifest calls them
	mutants []mutantRun
}

func newEvidence() *evidence {
	return &evidence{tests: map[string]testRun{}, models: map[string]modelRun{}}
}

// add takes over what another has. No check shows what another does.
func (e *evidence) add(other *evidence) {
	maps.Copy(e.tests, other.tests)
	maps.Copy(e.models, other.models)
	e.mutants = append(e.mutants, other.mutants...)
}

// testRun is what became of one test function.
type testRun struct {
	verdict verdict
	figures []figure
	took    time.Duration
}

// modelRun is what became of one model of the specification.
type modelRun struct {
	ok     bool // as the manifest says
	states int
	took   time.Duration
}

// mutantRun is what became of one mutant of the Go code.
type mutantRun struct {
	name, breaks string
	killed       bool // by the check that must kill it
}

// figure is a number of things that a test has checked, as it says by testing.TB's Attr.
type figure struct {
	count int
	what  string
}

func (f figure) String() string { return grouped(f.count) + " " + f.what }

// grouped writes n with its thousands apart.
func grouped(n int) string {
	digits := strconv.Itoa(n)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// verdict is what is said of a check, a test or a guarantee.
type verdict string

const (
	verified   verdict = "verified"
	failed     verdict = "FAILED"
	notChecked verdict = "not checked"
)

// worst returns the worst of two verdicts: a failure is worse than a gap.
func worst(a, b verdict) verdict {
	switch {
	case a == failed || b == failed:
		return failed
	case a == notChecked || b == notChecked:
		return notChecked
	}
	return verified
}
