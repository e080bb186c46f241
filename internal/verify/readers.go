package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/handoff-go/handoff/internal/results"
)

// A reader reads what the command of a check prints, line by line, and adds it to the evidence.
type reader interface {
	line(text string, e *evidence)
	progress() string // how far it is
	end() outcome
}

// An outcome is what a reader has read when the command has ended.
type outcome struct {
	checked  string   // in a few words; empty: nothing, or the command did not finish its output
	failures []string // what is not as it must be
	skipped  []string // what was left out, with the reason
	stray    []string // lines that are no results: what the go command or Java printed
}

// mostLines bounds what of one failure, and of stray lines, goes into the report.
const mostLines = 30

// last returns the last of the lines that the report has room for.
func last(lines []string) []string { return lines[max(0, len(lines)-mostLines):] }

// goTests reads what go test -json prints.
type goTests struct {
	outcome
	passed int
	output map[string][]string // of each test, with its subtests apart
	counts []figure
}

func readGoTests() reader { return &goTests{output: map[string][]string{}} }

func (g *goTests) line(text string, e *evidence) {
	event, err := results.ParseTest([]byte(text))
	if err != nil {
		g.stray = append(g.stray, text)
		return
	}
	top, sub := event.Top()
	whole := event.Name()
	name, _, _ := strings.Cut(whole, "/")
	run := e.tests[name]
	switch event.Action {
	case "output", "build-output":
		g.output[whole] = append(g.output[whole], strings.TrimRight(event.Output, "\n"))
	case "attr":
		if n, err := strconv.Atoi(event.Value); err == nil {
			run.figures = append(run.figures, figure{n, event.Key})
			g.counts = append(g.counts, figure{n, event.Key})
		}
	case "pass":
		if top == "" || sub {
			return
		}
		g.passed++
		if run.verdict == "" {
			run.verdict = verified
		}
		run.took = event.Took()
	case "skip":
		if top == "" {
			return
		}
		g.skipped = append(g.skipped, whole+": "+reason(g.output[whole]))
		if !sub {
			run.verdict = notChecked
		}
	case "fail", "build-fail":
		g.failures = append(g.failures, whole+" failed:")
		g.failures = append(g.failures, last(g.output[whole])...)
		if !sub {
			run.verdict = failed
		}
	default:
		return
	}
	if top != "" {
		e.tests[name] = run
	}
}

// reason returns what a test that was skipped has said.
func reason(output []string) string {
	for i := len(output) - 1; i >= 0; i-- {
		text := strings.TrimSpace(output[i])
		if text != "" && !strings.HasPrefix(text, "---") && !strings.HasPrefix(text, "===") {
			return text
		}
	}
	return "no reason given"
}

func (g *goTests) progress() string { return fmt.Sprintf("%d tests", g.passed) }

func (g *goTests) end() outcome {
	if g.passed == 0 {
		return g.outcome
	}
	said := []string{fmt.Sprintf("%d tests", g.passed)}
	if len(g.skipped) > 0 {
		said = append(said, fmt.Sprintf("%d skipped", len(g.skipped)))
	}
	for _, f := range summed(g.counts) {
		said = append(said, f.String())
	}
	g.checked = strings.Join(said, ", ")
	return g.outcome
}

// lines reads the JSON lines of package results.
type lines struct {
	outcome
	models, states int // that are as they must be
	mutants        int // that were killed
	traces         *results.Traces
	summary        *results.Summary
}

func readLines() reader { return &lines{} }

func (l *lines) line(text string, e *evidence) {
	r, err := results.Parse([]byte(text))
	switch {
	case err != nil:
		l.stray = append(l.stray, text)
	case r.Model != nil:
		m := r.Model
		e.models[m.Name] = modelRun{ok: m.OK(), states: m.States, took: duration(m.Seconds)}
		if m.OK() {
			l.models++
			l.states += m.States
			return
		}
		l.failures = append(l.failures, m.Name+" differs from the manifest: "+strings.Join(m.Differences, "; "))
		l.failures = append(l.failures, last(strings.Split(m.Output, "\n"))...)
	case r.Mutant != nil:
		m := r.Mutant
		e.mutants = append(e.mutants, mutantRun{name: m.Name, breaks: m.Group, killed: m.Killed})
		if m.Killed {
			l.mutants++
			return
		}
		l.failures = append(l.failures, m.Problem)
	case r.Traces != nil:
		l.traces = r.Traces
	case r.Problem != "":
		l.failures = append(l.failures, r.Problem)
	case r.Summary != nil:
		l.summary = r.Summary
	}
}

func (l *lines) progress() string {
	switch {
	case l.mutants > 0:
		return fmt.Sprintf("%d mutants", l.mutants)
	case l.models > 0:
		return fmt.Sprintf("%d models", l.models)
	}
	return "nothing yet"
}

func (l *lines) end() outcome {
	if l.summary == nil {
		return l.outcome
	}
	if !l.summary.OK() && len(l.failures) == 0 {
		l.failures = append(l.failures, fmt.Sprintf("%d passed and %d failed", l.summary.Passed, l.summary.Failed))
	}
	var said []string
	if l.models > 0 {
		said = append(said, fmt.Sprintf("%d models as they must be, %s distinct states", l.models, grouped(l.states)))
	}
	if l.mutants > 0 {
		said = append(said, fmt.Sprintf("%d mutants killed", l.mutants))
	}
	if t := l.traces; t != nil {
		said = append(said, fmt.Sprintf("%d traces of %s events; %d illegal mutants of them refused, %d legal ones accepted",
			t.Traces, grouped(t.Events), t.RefusedMutants, t.AcceptedMutants))
	}
	l.checked = strings.Join(said, ", ")
	return l.outcome
}

func duration(seconds float64) time.Duration { return time.Duration(seconds * float64(time.Second)) }

// summed adds up figures of one kind, in the order in which the kinds came.
func summed(all []figure) []figure {
	var sums []figure
next:
	for _, f := range all {
		for i := range sums {
			if sums[i].what == f.what {
				sums[i].count += f.count
				continue next
			}
		}
		sums = append(sums, f)
	}
	return sums
}
