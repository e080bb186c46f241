package mutation

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/handoff-go/handoff/internal/command"
	"github.com/handoff-go/handoff/internal/results"
)

// A Command is the command line of a program that tries mutants.
type Command struct {
	Flags   *flag.FlagSet // more may be added before Parse
	Group   string        // the title of the mutants' Group in its table
	Mutants []Mutant

	list, json, why bool
	only, file      string
	jobs            int
}

// NewCommand returns a Command with the flags that all such programs have.
func NewCommand(name, group string, mutants []Mutant, jobs int) *Command {
	c := &Command{Flags: flag.NewFlagSet(name, flag.ContinueOnError), Group: group, Mutants: mutants}
	c.Flags.BoolVar(&c.list, "list", false, "list the mutants and stop")
	c.Flags.StringVar(&c.only, "only", "", "try only the mutants with these names, separated by commas")
	c.Flags.StringVar(&c.file, "o", "", "also write the table to this file")
	c.Flags.BoolVar(&c.json, "json", false, "print JSON lines, those of package results")
	c.Flags.BoolVar(&c.why, "why", false, "print what each check that failed saw")
	c.Flags.IntVar(&c.jobs, "jobs", jobs, "try this many mutants at once")
	return c
}

// A UsageError says that the command was called wrongly.
type UsageError struct {
	Err error // what is wrong
}

// Error returns the message of Err.
func (e UsageError) Error() string { return e.Err.Error() }

// Unwrap returns Err.
func (e UsageError) Unwrap() error { return e.Err }

// Exit prints what a run of the program name came to, if it is an error, and returns the exit code:
// 0 for nil and for -h, 2 for wrong usage, else 1.
func Exit(name string, err error) int {
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return 0
	case errors.As(err, new(UsageError)):
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		return 2
	}
	fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
	return 1
}

// Parse reads the arguments. It returns a UsageError, or flag.ErrHelp for -h.
func (c *Command) Parse(args []string) error {
	if err := c.Flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return err
	} else if err != nil {
		return UsageError{err}
	}
	if c.Flags.NArg() > 0 {
		return UsageError{fmt.Errorf("unexpected argument %q", c.Flags.Arg(0))}
	}
	chosen, err := choose(c.Mutants, c.only)
	if err != nil {
		return UsageError{err}
	}
	c.Mutants = chosen
	return nil
}

// Run tries the mutants with r, whose Source, Jobs and callbacks it sets, and prints what comes of
// it. note is printed first; it may be empty. The error is that of [Runner.Run] or [Matrix.Failure].
func (c *Command) Run(ctx context.Context, out io.Writer, r Runner, note string) error {
	if c.list {
		for _, m := range c.Mutants {
			fmt.Fprintf(out, "%-8s %s (%s, %s)\n         %s\n", m.Group, m.Name, m.File, m.By, m.Says)
		}
		fmt.Fprintf(out, "%d mutants\n", len(c.Mutants))
		return nil
	}
	source, err := command.ModuleRoot()
	if err != nil {
		return err
	}
	r.Source, r.Jobs = source, c.jobs
	var lines *results.Writer
	if c.json {
		lines, out = results.NewWriter(out), io.Discard
	}
	p := progress{out: out, lines: lines, checks: r.Checks.Names(), of: len(c.Mutants), why: c.why}
	r.Ready, r.Done = p.ready, p.done
	if note != "" {
		fmt.Fprintln(out, note)
	}
	m, err := r.Run(ctx, c.Mutants)
	if err != nil {
		lines.Write(results.Line{Problem: err.Error()}) // it is returned in any case
		return err
	}
	table := m.String(c.Group)
	if note != "" {
		table += note + "\n"
	}
	fmt.Fprintf(out, "\n%s", table)
	lines.Write(results.Line{Summary: &results.Summary{
		Passed: m.killed(), Failed: len(m.Rows) - m.killed(), Seconds: results.Seconds(m.Took),
	}})
	if c.file != "" {
		err = os.WriteFile(c.file, []byte(table), 0o644)
	}
	return errors.Join(err, m.Failure())
}

// progress prints each mutant as it is done.
type progress struct {
	out    io.Writer
	lines  *results.Writer // nil: text
	checks []string
	of     int
	why    bool
}

func (p *progress) ready(took time.Duration) {
	fmt.Fprintf(p.out, "without a mutant every check passes (%v)\n", took.Round(time.Second))
}

func (p *progress) done(n int, r Row) {
	p.lines.Write(results.Line{Mutant: r.result(p.checks)}) // a reader that has gone misses the summary
	fmt.Fprintf(p.out, "[%*d/%d] %-48s", len(fmt.Sprint(p.of)), n, p.of, r.Mutant.Name)
	if r.Err != nil {
		fmt.Fprintf(p.out, " invalid: %v\n", r.Err)
		return
	}
	for i, name := range p.checks {
		if v := r.Verdicts[i]; v.Runs > 0 {
			fmt.Fprintf(p.out, " %s %s,", name, v)
		}
	}
	fmt.Fprintf(p.out, " %.1f s\n", r.Took.Seconds())
	for i, name := range p.checks {
		if v := r.Verdicts[i]; p.why && v.Saw != "" {
			fmt.Fprintf(p.out, "        %s saw: %s\n", name, v.Saw)
		}
	}
}
