package main

import (
	"fmt"
	"slices"
	"time"
)

// judged is what is to be said of a guarantee.
type judged struct {
	ID, Promise       string
	Properties, Tests []string
	Files             []string
	Hold, Break       string // models that hold, with their states; models that must fail
	Cases             string // what its tests counted
	Mutants           string // of the Go code that break it: killed, of all
	Verdict           verdict
	Why               []string // what it lacks
	Took              time.Duration
}

// judge says of each guarantee what was checked. It is verified only if every property
// of it was checked by a model that holds and broken by one that must fail, every test
// of it ran and passed, and every mutant that breaks it was killed.
func judge(all []guarantee, models []specModel, e *evidence) []judged {
	var out []judged
	for _, g := range all {
		j := judged{
			ID: g.id, Promise: g.promise, Properties: g.properties, Tests: g.tests, Files: g.files,
			Verdict: verified,
		}
		j.models(g, models, e)
		j.tests(g, e)
		j.mutants(g, e)
		out = append(out, j)
	}
	return out
}

func (j *judged) lacks(v verdict, format string, args ...any) {
	j.Verdict = worst(j.Verdict, v)
	j.Why = append(j.Why, fmt.Sprintf(format, args...))
}

func (j *judged) models(g guarantee, models []specModel, e *evidence) {
	hold, breaks, states := 0, 0, 0
	seen := map[string]bool{}
	for _, property := range g.properties {
		holds, broken := false, false
		for _, m := range models {
			if !slices.Contains(m.properties, property) {
				continue
			}
			run, ran := e.models[m.name]
			switch {
			case !ran:
				j.lacks(notChecked, "%s was not run", m.name)
				continue
			case !run.ok:
				j.lacks(failed, "%s is not as it must be", m.name)
				continue
			}
			holds, broken = holds || m.holds, broken || !m.holds
			if seen[m.name] {
				continue
			}
			seen[m.name] = true
			j.Took += run.took
			if m.holds {
				hold++
				states += run.states
			} else {
				breaks++
			}
		}
		if !holds {
			j.lacks(notChecked, "no model shows that %s holds", property)
		}
		if !broken {
			j.lacks(notChecked, "no model shows that %s can fail", property)
		}
	}
	j.Hold = fmt.Sprintf("%d (%s states)", hold, grouped(states))
	j.Break = fmt.Sprint(breaks)
}

func (j *judged) tests(g guarantee, e *evidence) {
	var counts []figure
	for _, name := range g.tests {
		run := e.tests[name]
		switch run.verdict {
		case verified:
		case failed:
			j.lacks(failed, "%s failed", name)
		default:
			j.lacks(notChecked, "%s did not run", name)
		}
		counts = append(counts, run.figures...)
		j.Took += run.took
	}
	for i, f := range summed(counts) {
		if i > 0 {
			j.Cases += ", "
		}
		j.Cases += f.String()
	}
}

func (j *judged) mutants(g guarantee, e *evidence) {
	tried, killed := 0, 0
	for _, m := range e.mutants {
		if m.breaks != g.id {
			continue
		}
		tried++
		if m.killed {
			killed++
		} else {
			j.lacks(failed, "mutant %s was not killed", m.name)
		}
	}
	if tried == 0 {
		j.lacks(notChecked, "no mutant breaks it")
	}
	j.Mutants = fmt.Sprintf("%d of %d", killed, tried)
}
