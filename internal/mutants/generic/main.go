// Command generic measures how much of a package its own tests notice. It makes every small change
// of a few generic kinds (see kind.go) to the package, compiles all of them into one test binary,
// each behind a switch that an environment variable sets, and runs the tests once for each mutant:
// only those tests that reach it, as a first run of each test alone has recorded.
//
//	go run ./internal/mutants/generic                       # all targets, every mutant: hours
//	go run ./internal/mutants/generic -sample 600 broker    # 600 of them, drawn by -seed
//	go run ./internal/mutants/generic -only 'Limiter.' fallback
//	go run ./internal/mutants/generic -list wire            # what there is
//	go run ./internal/mutants/generic -json                 # JSON lines, those of package results
//
// It ends with the score of each target, killed by all that count, and the survivors with their file,
// line and change. testdata/equivalents.txt names the mutants that no test can notice, each with the
// reason; they do not count. A target whose score is below its minimum makes the run fail.
//
// The mutants of internal/mutants are written by hand: each breaks one named guarantee, and one
// named layer of tests must kill it. These know nothing of the guarantees, and miss no line.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"syscall"
	"time"

	"github.com/handoff-go/handoff/internal/command"
	"github.com/handoff-go/handoff/internal/mutation"
	"github.com/handoff-go/handoff/internal/results"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	os.Exit(mutation.Exit("generic", err))
}

// options are the command line.
type options struct {
	list, json bool
	only       *regexp.Regexp // of the mutants' names
	sample     int            // 0: all
	seed       uint64
	jobs       int
	patience   time.Duration // a run of tests may take this and five times what it took without a mutant
}

func parse(args []string) (options, []target, error) {
	o := options{patience: 10 * time.Second}
	flags := flag.NewFlagSet("generic", flag.ContinueOnError)
	flags.BoolVar(&o.list, "list", false, "list the mutants and stop")
	flags.BoolVar(&o.json, "json", false, "print JSON lines, those of package results")
	flags.IntVar(&o.sample, "sample", 0, "try only this many mutants of each target, drawn at random")
	flags.Uint64Var(&o.seed, "seed", 1, "the seed of -sample")
	flags.IntVar(&o.jobs, "jobs", 2, "run this many tests at once")
	only := flags.String("only", "", "try only mutants whose name matches this regular expression")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return o, nil, err
	} else if err != nil {
		return o, nil, mutation.UsageError{Err: err}
	}
	var err error
	if o.only, err = regexp.Compile(*only); err != nil {
		return o, nil, mutation.UsageError{Err: err}
	}
	chosen, err := chooseTargets(flags.Args())
	if err != nil {
		return o, nil, mutation.UsageError{Err: err}
	}
	if o.jobs < 1 || o.sample < 0 {
		return o, nil, mutation.UsageError{Err: errors.New("-jobs and -sample must be positive")}
	}
	return o, chosen, nil
}

func run(ctx context.Context, args []string, out io.Writer) error {
	o, targets, err := parse(args)
	if err != nil {
		return err
	}
	source, err := command.ModuleRoot()
	if err != nil {
		return err
	}
	equivalents, err := readEquivalents(source)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "g") // short: the tests put sockets below it
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := os.Chmod(dir, 0o755); err != nil { // a test runs a program in it as another user
		return err
	}
	p := newPrinter(out, o.json)
	started := time.Now()
	var scores []score
	for _, t := range targets {
		r := runner{options: o, target: t, source: source, dir: dir, equivalents: equivalents, printer: p}
		s, err := r.run(ctx)
		if err != nil {
			p.problem(err)
			return fmt.Errorf("%s: %w", t.name, err)
		}
		scores = append(scores, s)
	}
	if o.list {
		return nil
	}
	return p.finish(scores, results.Seconds(time.Since(started)))
}
