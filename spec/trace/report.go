package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/handoff-go/handoff/internal/results"
	"github.com/handoff-go/handoff/spec/trace/events"
)

// report is what came of a check.
type report struct {
	traces, events   int
	transfers, steps int
	spoilt           int // that are refused
	kinds            map[string]*tally
	problems         []string
	seed             uint64
	took             time.Duration
}

// tally counts the mutants of a kind, as the model judges them, and those that
// the specification judges alike.
type tally struct{ illegal, refused, legal, accepted int }

// add compares the verdicts on a batch with the model's.
func (r *report) add(b batch, verdicts map[place]verdict) {
	for i, t := range b {
		r.traces++
		r.events += len(t.Events)
		r.addTrace(t.Trace, verdicts[place{i + 1, 0}])
	}
	for _, m := range b.mutants() {
		r.addMutant(m, verdicts)
	}
}

// addTrace: what the code did must be what both allow.
func (r *report) addTrace(t events.Trace, v verdict) {
	if steps, problem := events.Judge(t); problem != "" {
		r.problem("trace %s is no path through the model: event %d does not fit, %s:\n  %v", t.Name, steps+1, problem, t.Events[steps])
	}
	if !v.accepted {
		r.problem("trace %s is no path through HandoffAck: event %d does not fit:\n  %v\n  the state before it: %s", t.Name, v.steps+1, t.Events[v.steps], v.before)
	}
}

// addTransfer: what the parties did must be what the protocol allows, and what was
// spoilt must not.
func (r *report) addTransfer(p *events.Transfer, far reached, spoilt bool) {
	next := misfit(p, far)
	switch {
	case spoilt && len(next) == 0:
		r.problem("%s: HandoffProtocol takes it", p.Name)
		return
	case spoilt:
		r.spoilt++
		return
	}
	r.transfers++
	r.steps += len(p.Steps)
	if len(next) == 0 {
		return
	}
	var lines strings.Builder
	for _, s := range next {
		fmt.Fprintf(&lines, "\n  %v", s)
	}
	r.problem("transfer %s is no path through HandoffProtocol: after %v steps of its threads, none of these fits:%s", p.Name, far, lines.String())
}

// addMutant: the specification must refuse what the model does, at the same event,
// and nothing else.
func (r *report) addMutant(m mutant, verdicts map[place]verdict) {
	if r.kinds == nil {
		r.kinds = map[string]*tally{}
	}
	if r.kinds[m.kind] == nil {
		r.kinds[m.kind] = &tally{}
	}
	count := r.kinds[m.kind]
	v, told := verdicts[place{m.trace, m.edit}]
	switch {
	case m.legal():
		count.legal++
	default:
		count.illegal++
	}
	switch {
	case !told:
		r.problem("%s: nothing is said of it", m.name)
	case m.legal() && v.accepted:
		count.accepted++
	case m.legal():
		r.problem("%s: the model takes it, and HandoffAck refuses event %d\n  the state before it: %s", m.name, v.steps+1, v.before)
	case v.accepted:
		r.problem("%s: HandoffAck takes it, and the model refuses event %d: %s", m.name, m.steps+1, m.problem)
	case v.steps != m.steps:
		r.problem("%s: HandoffAck refuses event %d, and the model event %d: %s\n  the state before: %s", m.name, v.steps+1, m.steps+1, m.problem, v.before)
	default:
		count.refused++
	}
}

func (r *report) problem(format string, args ...any) {
	r.problems = append(r.problems, fmt.Sprintf(format, args...))
}

// total adds up all kinds.
func (r *report) total() tally {
	var t tally
	for _, k := range r.kinds {
		t.illegal += k.illegal
		t.refused += k.refused
		t.legal += k.legal
		t.accepted += k.accepted
	}
	return t
}

// print prints the counts, and what is wrong.
func (r *report) print(w io.Writer) {
	if t := r.total(); t != (tally{}) {
		table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
		fmt.Fprintln(table, "mutants by\tillegal\trefused\tlegal\taccepted\t")
		for _, kind := range kinds() {
			if k := r.kinds[kind]; k != nil {
				fmt.Fprintf(table, "%s\t%d\t%d\t%d\t%d\t\n", kind, k.illegal, k.refused, k.legal, k.accepted)
			}
		}
		fmt.Fprintf(table, "all\t%d\t%d\t%d\t%d\t\n", t.illegal, t.refused, t.legal, t.accepted)
		table.Flush()
	}
	for _, p := range r.problems {
		fmt.Fprintln(w, p)
	}
	if r.traces > 0 {
		t := r.total()
		fmt.Fprintf(w, "%d traces of %d events; refused %d of %d illegal mutants, and taken %d of %d legal ones\n",
			r.traces, r.events, t.refused, t.illegal, t.accepted, t.legal)
	}
	if r.transfers > 0 {
		fmt.Fprintf(w, "%d transfers of %d steps; refused %d spoilt ones\n", r.transfers, r.steps, r.spoilt)
	}
	fmt.Fprintf(w, "seed %d, %.1f s\n", r.seed, r.took.Seconds())
}

// write writes the report as JSON lines, and returns the exit code for it.
func (r *report) write(lines *results.Writer) int {
	for _, p := range r.problems {
		lines.Write(results.Line{Problem: p}) // a reader that has gone misses the summary
	}
	t := r.total()
	lines.Write(results.Line{Traces: &results.Traces{
		Traces: r.traces, Events: r.events,
		IllegalMutants: t.illegal, RefusedMutants: t.refused, LegalMutants: t.legal, AcceptedMutants: t.accepted,
		Transfers: r.transfers, Steps: r.steps, SpoiltRefused: r.spoilt,
		Seed: r.seed, Seconds: results.Seconds(r.took),
	}})
	lines.Write(results.Line{Summary: &results.Summary{
		Passed: r.traces + r.transfers + t.refused + t.accepted + r.spoilt, Failed: len(r.problems), Seconds: results.Seconds(r.took),
	}})
	if len(r.problems) > 0 {
		return exitDiffers
	}
	return exitOK
}
