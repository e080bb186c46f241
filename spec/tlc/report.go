package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/handoff-go/handoff/internal/results"
)

// report is a model beside what it has shown.
type report struct {
	model  model
	result result
	took   time.Duration
}

// differences returns in what the result is not what the manifest says.
func (r *report) differences() []string {
	var all []string
	compare := func(what string, got, want any) {
		if got != want {
			all = append(all, fmt.Sprintf("%s %v, not %v", what, quote(got), quote(want)))
		}
	}
	compare("verdict", r.result.verdict, r.model.Verdict)
	compare("violated", r.result.property, r.model.says())
	compare("exit code", r.result.exit, r.model.Exit)
	compare("distinct states", r.result.states, r.model.States)
	return all
}

func quote(v any) any {
	if v == "" {
		return "nothing"
	}
	return v
}

func (r *report) differs() bool { return len(r.differences()) > 0 }

func (r *report) onlyStatesDiffer() bool {
	same := *r
	same.model.States = r.result.states
	return !same.differs()
}

// line is the report's row in the table.
func (r *report) line() string {
	shown := string(r.result.verdict)
	if r.model.Property != "" && r.result.verdict == r.model.Verdict {
		shown += " " + r.model.Property
		if r.model.Clause != "" {
			shown += "." + r.result.property
		}
	}
	mark := "ok"
	if r.differs() {
		mark = "DIFFERS: " + strings.Join(r.differences(), "; ")
	}
	return fmt.Sprintf("%-32s %-42s exit %2d %9d states %6.1fs (processor %5.1fs)  %s",
		r.model.Name, shown, r.result.exit, r.result.states, r.took.Seconds(), r.result.processor.Seconds(), mark)
}

// asResult returns the report as a line of JSON has it.
func (r *report) asResult() *results.Model {
	m := &results.Model{
		Name: r.model.Name, Verdict: string(r.result.verdict), Property: r.result.property, Exit: r.result.exit,
		States: r.result.states, Seconds: results.Seconds(r.took),
		Processor: results.Seconds(r.result.processor), Differences: r.differences(),
	}
	if m.Property == "" && r.result.verdict == r.model.Verdict {
		m.Property = r.model.Property // TLC does not name a liveness property
	}
	if r.differs() {
		m.Output = r.result.text
	}
	return m
}
