package main

import (
	"fmt"
	"io"

	"github.com/handoff-go/handoff/internal/results"
)

// A score is what became of the mutants of a target.
type score struct {
	target      target
	mutants     int // there are
	equivalents int // of those that were chosen; they were not tried
	tried       int
	survivors   []outcome
}

func (s score) killed() int { return s.tried - len(s.survivors) }

// percent returns how many of those tried were killed.
func (s score) percent() float64 {
	if s.tried == 0 {
		return 100
	}
	return 100 * float64(s.killed()) / float64(s.tried)
}

func (s score) String() string {
	return fmt.Sprintf("%-16s %7d %6d %6d %8d %9d %6.1f %%  (at least %.0f %%)",
		s.target.name, s.mutants, s.tried, s.killed(), len(s.survivors), s.equivalents, s.percent(), s.target.minimum)
}

// A printer prints as text, or as JSON lines.
type printer struct {
	out   io.Writer
	lines *results.Writer // nil: text
}

func newPrinter(out io.Writer, json bool) *printer {
	if json {
		return &printer{io.Discard, results.NewWriter(out)}
	}
	return &printer{out, nil}
}

func (p *printer) problem(err error) { p.lines.Write(results.Line{Problem: err.Error()}) }

func (p *printer) list(t target, sites []site) {
	for _, s := range sites {
		fmt.Fprintf(p.out, "%s\n", s.name())
	}
	fmt.Fprintf(p.out, "# %s: %d mutants\n", t.name, len(sites))
}

func (p *printer) start(t target, mutants, chosen, equivalents, tests int) {
	fmt.Fprintf(p.out, "%s: %d of %d mutants, %d equivalents left out; without a mutant all %d tests pass\n",
		t.name, chosen, mutants, equivalents, tests)
}

func (p *printer) done(t target, n, of int, o outcome) {
	m := &results.Mutant{
		Name: o.site.name(), Group: t.name, By: "tests", Killed: o.verdict != passed,
		Checks: map[string]string{}, Seconds: results.Seconds(o.took),
	}
	if m.Killed {
		m.Checks[o.by] = string(o.verdict)
	} else {
		m.Problem = survival(o)
		fmt.Fprintf(p.out, "[%d/%d] %s\n", n, of, m.Problem)
	}
	if n%50 == 0 {
		fmt.Fprintf(p.out, "[%d/%d]\n", n, of)
	}
	p.lines.Write(results.Line{Mutant: m}) // a reader that has gone misses the summary
}

// survival tells of a survivor, with its place as compilers do.
func survival(o outcome) string {
	what := fmt.Sprintf("%d tests reach it, and pass", o.reached)
	if o.reached == 0 {
		what = "no test reaches it"
	}
	return fmt.Sprintf("%s:%d: survived (%s): %s", o.site.file, o.site.line, what, o.site.name())
}

// finish prints the scores, and returns an error if one is too low.
func (p *printer) finish(scores []score, seconds float64) error {
	summary := results.Summary{Seconds: seconds}
	var low error
	fmt.Fprintf(p.out, "\n%-16s %7s %6s %6s %8s %9s %8s\n", "target", "mutants", "tried", "killed", "survived", "equivalent", "score")
	for _, s := range scores {
		fmt.Fprintln(p.out, s)
		summary.Passed += s.killed()
		summary.Failed += len(s.survivors)
		if s.percent() < s.target.minimum && low == nil {
			low = fmt.Errorf("%s: %.1f %% of the mutants were killed, which must be %.0f %%", s.target.name, s.percent(), s.target.minimum)
		}
	}
	p.lines.Write(results.Line{Summary: &summary})
	return low
}
