package main

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/handoff-go/handoff/internal/results"
)

// goTests reads what go test -json prints.
type goTests struct {
	name     string
	o        outcome
	packages map[string]*testedPackage
	builds   map[string][]string // what the compiler said, by the import path that it said it of
	said     []string            // what is no event: what the go command says
}

// testedPackage is a package whose tests run.
type testedPackage struct {
	tests  map[string]*testRun
	order  []string // of tests, as they began
	output []string // that belongs to no test, in the pieces in which it came
}

// testRun is one test or subtest.
type testRun struct {
	verdict    string   // pass, fail or skip; empty: it has not ended
	parts      int      // how many subtests began
	failedPart string   // the first subtest of any depth that failed or has not ended
	output     []string // in the pieces in which it came: a long line comes in several
}

func readGoTests(s step) reader {
	return &goTests{name: strings.Join(s.command, " "), packages: map[string]*testedPackage{}, builds: map[string][]string{}}
}

func (g *goTests) line(text string) string {
	e, err := results.ParseTest([]byte(text))
	if err != nil {
		g.said = append(g.said, text)
		return ""
	}
	if e.ImportPath != "" {
		g.builds[e.ImportPath] = append(g.builds[e.ImportPath], strings.TrimRight(e.Output, "\n"))
		return ""
	}
	p := g.packages[e.Package]
	if p == nil {
		p = &testedPackage{tests: map[string]*testRun{}}
		g.packages[e.Package] = p
	}
	ends := e.Action == "pass" || e.Action == "fail" || e.Action == "skip"
	switch {
	case e.Test == "" && ends:
		return g.ended(p, e)
	case e.Test == "" && e.Action == "output":
		p.output = append(p.output, e.Output)
	case e.Test == "":
	case ends:
		p.test(e.Test).verdict = e.Action
	case e.Action == "output":
		t := p.test(e.Test)
		t.output = append(t.output, e.Output)
	default:
		p.test(e.Test)
	}
	return ""
}

// test returns the run of a test, which begins with its first event.
func (p *testedPackage) test(name string) *testRun {
	t := p.tests[name]
	if t == nil {
		t = new(testRun)
		p.tests[name] = t
		p.order = append(p.order, name)
		if parent := p.parent(name); parent != nil {
			parent.parts++
		}
	}
	return t
}

// parent returns the test that a subtest is part of, or nil. The name of a subtest may have slashes
// of its own, and the test began before its parts.
func (p *testedPackage) parent(name string) *testRun {
	for at := strings.LastIndexByte(name, '/'); at >= 0; at = strings.LastIndexByte(name[:at], '/') {
		if t := p.tests[name[:at]]; t != nil {
			return t
		}
	}
	return nil
}

// ended takes the outcome of a package whose process has ended, by the event that says so.
func (g *goTests) ended(p *testedPackage, e results.TestEvent) string {
	delete(g.packages, e.Package)
	passed, skipped := g.o.passed, len(g.o.skips)
	failed := g.settle(p, e.Name())
	if e.Action == "fail" && failed == 0 {
		failed++
		message := said(p.output)
		if e.FailedBuild != "" {
			message = append(g.builds[e.FailedBuild], "it does not build")
		}
		g.o.failures = append(g.o.failures, failure{e.Name(), excerpt(message)})
	}
	passed, skipped = g.o.passed-passed, len(g.o.skips)-skipped
	switch {
	case failed > 0:
		return fmt.Sprintf("FAIL %s: %d failed, %d passed, %.1f s", e.Package, failed, passed, e.Elapsed)
	case passed+skipped > 0:
		return fmt.Sprintf("ok   %s: %d passed, %.1f s", e.Package, passed, e.Elapsed)
	}
	return "" // it has no tests
}

// settle takes the outcome of the tests of a package and returns how many failed. A test that has
// subtests counts by them, but one that failed although none of them did. A test that has no
// verdict was running when the process ended.
func (g *goTests) settle(p *testedPackage, pkg string) (failed int) {
	words := map[string][]string{}           // of failed tests
	for i := len(p.order) - 1; i >= 0; i-- { // subtests before what they are part of
		name := p.order[i]
		t := p.tests[name]
		if t.verdict == "pass" || t.verdict == "skip" {
			continue
		}
		message := said(t.output)
		if t.verdict == "" {
			message = append(message, "it did not end")
		}
		if t.failedPart != "" { // the panic of a subtest is reported as its parent's
			words[t.failedPart] = append(words[t.failedPart], message...)
			name = t.failedPart
		} else {
			words[name] = message
		}
		if parent := p.parent(p.order[i]); parent != nil {
			parent.failedPart = name
		}
	}
	for _, name := range p.order {
		t, whole := p.tests[name], pkg+"."+name
		message, failing := words[name]
		switch {
		case failing:
			failed++
			g.o.failures = append(g.o.failures, failure{whole, excerpt(message)})
		case t.verdict == "pass" && t.parts == 0:
			g.o.passed++
		case t.verdict == "skip":
			g.o.skips = append(g.o.skips, skip{whole, reason(t.output)})
		}
	}
	return failed
}

func (g *goTests) end(err error) outcome {
	for path, p := range g.packages { // the go command ended before it said what became of them
		if g.settle(p, path) == 0 {
			g.o.failures = append(g.o.failures, failure{path, append(excerpt(said(p.output)), "it did not end")})
		}
	}
	if err != nil && len(g.o.failures) == 0 {
		g.o.failures = []failure{{g.name, append(excerpt(g.said), err.Error())}}
	}
	return g.o
}

// frame matches the lines with which go test frames what a test or a package says.
var frame = regexp.MustCompile(`^(\s*=== |\s*--- |PASS$|FAIL$|FAIL\t|ok  \t)`)

// said returns the lines that a test or a package says, without the frame.
func said(output []string) []string {
	var lines []string
	for line := range strings.Lines(strings.Join(output, "")) {
		line = strings.TrimRight(line, "\n")
		if !frame.MatchString(line) {
			lines = append(lines, line)
		}
	}
	return lines
}

// place matches the source line that the testing package puts before a message.
var place = regexp.MustCompile(`^\s*\S+\.go:\d+: `)

// mostReason is the longest reason that is shown, in bytes. The log has all of it.
const mostReason = 200

// reason returns why a test was skipped, in its words. Rapid skips a fuzz input that has too few
// bytes for what is drawn from it, and tells only what was drawn.
func reason(output []string) string {
	var words []string
	drawn := false
	for _, line := range said(output) {
		line = strings.TrimSpace(place.ReplaceAllString(line, ""))
		if strings.HasPrefix(line, "[rapid] draw") {
			drawn = true
			continue
		}
		words = append(words, line)
	}
	switch {
	case len(words) > 0:
		why := strings.Join(words, " ")
		if len(why) > mostReason {
			why = strings.ToValidUTF8(why[:mostReason-len("...")], "") + "..."
		}
		return why
	case drawn:
		return "rapid finds too few bytes in the input"
	}
	return "it does not say why"
}
