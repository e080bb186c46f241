package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/handoff-go/handoff/internal/command"
)

// checkRun is what became of a check.
type checkRun struct {
	Name, Ties, Command string
	Verdict             verdict
	Checked             string   // what was checked; or why it was not
	Problems            []string // what is not as it must be
	Skipped             []string // tests that did not run, with the reason
	Took                time.Duration
}

// A starter runs a command in a folder, hands each line that it prints to a function,
// and returns how it ended.
type starter func(ctx context.Context, dir string, args []string, line func(string)) error

// runner runs checks.
type runner struct {
	root  string
	start starter
	java  error // why there is none
	jobs  int   // how many checks at once

	mu  sync.Mutex
	out io.Writer // under mu
}

// beat is how often a check that runs says how far it is.
const beat = 10 * time.Second

// all runs the checks, in their order as far as some run at once, each whatever becomes
// of the others: a report of one failure is worth less than one of all.
func (r *runner) all(ctx context.Context, checks []check, e *evidence) []checkRun {
	runs := make([]checkRun, len(checks))
	found := make([]*evidence, len(checks))
	next := make(chan int)
	var workers sync.WaitGroup
	for range r.jobs {
		workers.Go(func() {
			for i := range next {
				c := checks[i]
				r.printf("[%d/%d] %s: %s\n", i+1, len(checks), c.name, c.ties)
				found[i] = newEvidence()
				runs[i] = r.one(ctx, c, found[i])
				r.say(runs[i])
			}
		})
	}
	for i := range checks {
		next <- i
	}
	close(next)
	workers.Wait()
	for _, f := range found {
		e.add(f)
	}
	return runs
}

func (r *runner) printf(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	fmt.Fprintf(r.out, format, args...)
}

func (r *runner) say(run checkRun) {
	r.mu.Lock()
	defer r.mu.Unlock()
	fmt.Fprintf(r.out, "      %s: %s: %s (%s)\n", run.Name, run.Verdict, run.Checked, seconds(run.Took))
	for _, line := range run.Problems {
		fmt.Fprintln(r.out, "      |", line)
	}
}

func (r *runner) one(ctx context.Context, c check, e *evidence) checkRun {
	run := checkRun{Name: c.name, Ties: c.ties, Command: strings.Join(c.command, " "), Verdict: notChecked}
	switch {
	case c.unwanted:
		run.Checked = "left out by -only"
		return run
	case c.java && r.java != nil:
		run.Checked = r.java.Error()
		return run
	case ctx.Err() != nil:
		run.Checked = "interrupted"
		return run
	}
	began := time.Now()
	said := began
	read := c.read()
	err := r.start(ctx, r.root, c.command, func(text string) {
		read.line(text, e)
		if now := time.Now(); now.Sub(said) >= beat {
			said = now
			r.printf("      %s ... %s, %s\n", c.name, read.progress(), seconds(now.Sub(began)))
		}
	})
	run.Took = time.Since(began)
	found := read.end()
	run.Checked, run.Skipped = found.checked, found.skipped
	switch {
	case ctx.Err() != nil:
		run.Checked = "interrupted"
	case err != nil:
		run.Verdict = failed
		run.Problems = append(found.failures, append(last(found.stray), err.Error())...)
	case len(found.failures) > 0:
		run.Verdict, run.Problems = failed, found.failures
	case run.Checked == "":
		run.Verdict = failed
		run.Problems = append(last(found.stray), "it does not say what it checked")
	default:
		run.Verdict = verified
	}
	return run
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.0f s", d.Seconds()) }

// start is the starter of real commands.
func start(ctx context.Context, dir string, args []string, line func(string)) error {
	return command.Lines(ctx, dir, line, args[0], args[1:]...)
}
