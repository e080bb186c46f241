package main

import (
	"fmt"
	"strings"

	"github.com/handoff-go/handoff/internal/results"
)

// resultLines reads a command that prints package results.
type resultLines struct {
	name    string
	models  int
	o       outcome
	said    []string // what is no result: what the go command says, or a panic
	summary *results.Summary
}

func readResults(s step) reader { return &resultLines{name: strings.Join(s.command, " ")} }

func (r *resultLines) line(text string) string {
	l, err := results.Parse([]byte(text))
	switch {
	case err != nil:
		r.said = append(r.said, text)
	case l.Model != nil && !l.Model.OK():
		r.o.failures = append(r.o.failures, failure{l.Model.Name, append(excerpt(strings.Split(l.Model.Output, "\n")), l.Model.Differences...)})
		return "FAIL " + l.Model.Name
	case l.Model != nil:
		if r.models++; r.models%10 == 0 {
			return fmt.Sprintf("%d models", r.models)
		}
	case l.Problem != "":
		r.o.failures = append(r.o.failures, failure{r.name, excerpt(strings.Split(l.Problem, "\n"))})
	case l.Summary != nil:
		r.summary = l.Summary
		return fmt.Sprintf("%s: %d passed, %d failed, %.0f s", r.name, l.Summary.Passed, l.Summary.Failed, l.Summary.Seconds)
	}
	return ""
}

func (r *resultLines) end(err error) outcome {
	if r.summary != nil {
		r.o.passed = r.summary.Passed
	}
	if len(r.o.failures) > 0 {
		return r.o
	}
	switch {
	case err != nil:
		r.o.failures = []failure{{r.name, append(excerpt(r.said), err.Error())}}
	case r.summary == nil:
		r.o.failures = []failure{{r.name, append(excerpt(r.said), "it ended without a summary")}}
	case !r.summary.OK():
		r.o.failures = []failure{{r.name, append(excerpt(r.said), fmt.Sprintf("%d failed, %d passed", r.summary.Failed, r.summary.Passed))}}
	}
	return r.o
}
