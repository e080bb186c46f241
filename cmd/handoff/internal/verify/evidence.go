package verify

import (
	"maps"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// evidence is what the links have shown, by name.
type evidence struct {
	tests  map[string]testRun  // "proptest.TestRegistry"
	models map[string]modelRun // as the manifest calls them
	faults []faultRun
}

func newEvidence() *evidence {
	return &evidence{tests: map[string]testRun{}, models: map[string]modelRun{}}
}

// add takes over what another has. No link shows what another does.
func (e *evidence) add(other *evidence) {
	maps.Copy(e.tests, other.tests)
	maps.Copy(e.models, other.models)
	e.faults = append(e.faults, other.faults...)
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

// faultRun is what became of one fault planted in the Go code.
type faultRun struct {
	name, breaks string
	caught       bool
}

// figure is a number of things that were checked.
type figure struct {
	count int
	what  string
}

func (f figure) String() string { return grouped(f.count) + " " + f.what }

var counted = regexp.MustCompile(`\b(\d[\d,]*) ((?:distinct |illegal |candidate )?(?:sequences|histories|states|steps|refusals|cells|sends|frames|traces|events|mutants|models|handoffs|requests|faults))\b`)

// figures returns the numbers of checked things that a line tells of.
func figures(line string) []figure {
	var found []figure
	for _, m := range counted.FindAllStringSubmatch(line, -1) {
		if n, err := strconv.Atoi(strings.ReplaceAll(m[1], ",", "")); err == nil {
			found = append(found, figure{n, m[2]})
		}
	}
	return found
}

// grouped writes n with its thousands apart.
func grouped(n int) string {
	digits := strconv.Itoa(n)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// verdict is what is said of a link, a test or a guarantee.
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
