package main

import (
	"fmt"
	"io"
	"time"

	"github.com/handoff-go/handoff/internal/results"
)

// A printer prints what is found as it is found: a table for people, or JSON lines.
type printer struct {
	out     io.Writer
	lines   *results.Writer // nil: a table
	verbose bool            // print what TLC says of every model
	update  bool            // state counts that differ are no difference: they are written down
}

// report prints one model.
func (p *printer) report(r report) {
	if p.lines != nil {
		p.lines.Write(results.Line{Model: r.asResult()}) // a reader that has gone misses the summary
		return
	}
	fmt.Fprintln(p.out, r.line())
	if p.verbose || r.differs() && !(p.update && r.onlyStatesDiffer()) {
		fmt.Fprintln(p.out, r.result.text)
	}
}

// summarize prints the outcome of all models and returns the exit code for it.
func (p *printer) summarize(reports []report, problems []string, took time.Duration) int {
	hold, fail, differ, states := 0, 0, 0, 0
	for _, r := range reports {
		states += r.result.states
		switch {
		case r.differs():
			differ++
		case r.model.Verdict == holds:
			hold++
		default:
			fail++
		}
	}
	if p.lines != nil {
		for _, problem := range problems {
			p.lines.Write(results.Line{Problem: "manifest: " + problem})
		}
		p.lines.Write(results.Line{Summary: &results.Summary{
			Passed: hold + fail, Failed: differ + len(problems), Seconds: results.Seconds(took),
		}})
	} else {
		for _, problem := range problems {
			fmt.Fprintln(p.out, "manifest:", problem)
		}
		fmt.Fprintf(p.out, "%d models: %d hold, %d fail as they must, %d differ from the manifest; %d distinct states, %.1fs\n",
			len(reports), hold, fail, differ, states, took.Seconds())
	}
	if differ > 0 || len(problems) > 0 {
		return exitDiffers
	}
	return exitOK
}
