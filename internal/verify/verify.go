// Command verify runs the chain that ties the specification, the model, the code and the running
// broker together, one check after the other, and reports for each guarantee what was checked and
// what came of it.
//
//	go run ./internal/verify [-only CHECKS] [-jobs N] [-o NAME] [-list]
//
// It works in a checkout of the module, because what it checks are the module's own sources, and it
// runs the go command and Java. A check that cannot be run is reported as not checked, and then the
// whole is not verified. The report goes to two files, which it names.
//
// Exit codes: 0 every check was checked and holds; 1 one failed or was not checked; 2 wrong usage, or
// no checkout. (go run turns all but 0 into 1.)
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

const (
	exitVerified = iota
	exitNot      // a check failed, or was not checked
	exitUsage    // wrong usage, or no checkout
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr, start)
	stop()
	os.Exit(code)
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer, start starter) int {
	flags := flag.NewFlagSet("verify", flag.ContinueOnError)
	flags.SetOutput(stderr)
	only := flags.String("only", "", "run these checks only, by `names` separated by commas; the rest is reported as not checked")
	out := flags.String("o", "", "write the report to the files `name`.md and name.html (default .cache/verify in the checkout)")
	jobs := flags.Int("jobs", 2, "run this `number` of checks at once; they begin in their order")
	list := flags.Bool("list", false, "list the checks and stop")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return exitVerified
	} else if err != nil {
		return exitUsage
	}
	fail := func(err error) int {
		fmt.Fprintln(stderr, "verify:", err)
		return exitUsage
	}
	if flags.NArg() > 0 {
		return fail(fmt.Errorf("unexpected argument %q", flags.Arg(0)))
	}
	if *jobs < 1 {
		return fail(fmt.Errorf("-jobs %d is below 1", *jobs))
	}
	if *list {
		for _, c := range chain() {
			fmt.Fprintf(stdout, "%-16s %s\n%16s %s\n", c.name, c.ties, "", strings.Join(c.command, " "))
		}
		return exitVerified
	}
	root, err := checkout()
	if err != nil {
		return fail(err)
	}
	checks, err := choose(chain(), *only)
	if err != nil {
		return fail(err)
	}
	models, err := readModels(root)
	if err != nil {
		return fail(err)
	}
	r := report{When: time.Now(), Machine: machine(ctx, root)}
	e := newEvidence()
	runner := runner{root: root, start: start, jobs: *jobs, out: stdout, java: lookJava()}
	r.Checks = runner.all(ctx, checks, e)
	r.Took = time.Since(r.When)
	r.Guarantees = judge(guarantees(), models, e)
	fmt.Fprintf(stdout, "\n%s\n", r.summary())
	if *out == "" {
		*out = filepath.Join(root, ".cache", "verify")
	}
	if err := r.write(*out); err != nil {
		fmt.Fprintln(stderr, "verify:", err)
		return exitNot
	}
	fmt.Fprintf(stdout, "report: %s.md, %s.html\n", *out, *out)
	if r.Verdict() != verified {
		return exitNot
	}
	return exitVerified
}

// choose returns the checks with their names in a comma-separated list as wanted, and the
// others as not.
func choose(checks []check, names string) ([]check, error) {
	if names == "" {
		return checks, nil
	}
	wanted := map[string]bool{}
	for name := range strings.SplitSeq(names, ",") {
		wanted[name] = true
	}
	for i := range checks {
		if !wanted[checks[i].name] {
			checks[i].unwanted = true
		}
		delete(wanted, checks[i].name)
	}
	for name := range wanted {
		return nil, fmt.Errorf("no check is called %q; -list lists them", name)
	}
	return checks, nil
}
