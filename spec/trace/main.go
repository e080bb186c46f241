// Command trace checks traces of the registry, and of the protocol, against the
// specification: modules TraceHandoff and TraceProtocol say which are paths
// through HandoffAck and HandoffProtocol, and TLC decides.
//
//	go run ./spec/trace [-traces N] [-mutants N] [-seed N] [-save F]
//	go run ./spec/trace -file F [-mutants N] [-spoilt N] [-seed N]
//
// With -json either prints JSON lines, those of package results, instead of text.
//
// It records fresh traces of goroutines that use a registry at once, or reads a
// recording from a file ("-": standard input), as handoff trace writes it; its
// form is that of package events. Each trace must be a path through the Go model
// and through HandoffAck. Then it changes traces in one place each: two events
// change places, one is left out, comes twice, has another answer, or another
// time. The specification must refuse each mutant that the model refuses, at the
// same event, and take each that the model takes. What parties told of a
// connection, a transfer, must be a path through HandoffProtocol; spoilt by a rule
// of the protocol, it must not. What is wrong is named, with the event that does
// not fit and the state before it.
//
// The seed decides what the goroutines do, though not how they meet, and which
// mutants are made of the traces. With -save the traces can be checked again.
//
// Exit codes: 0 all is as it must be; 1 something is not; 2 wrong usage, or a
// file that cannot be read; 3 Java is missing; 4 TLC could not be fetched; 5 TLC
// is not the one that is pinned. (go run turns all but 0 into 1.)
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"time"

	"github.com/handoff-go/handoff/internal/command"
	"github.com/handoff-go/handoff/internal/results"
	"github.com/handoff-go/handoff/spec/internal/tlatools"
	"github.com/handoff-go/handoff/spec/trace/events"
)

const (
	exitOK = iota
	exitDiffers
	exitUsage
	exitNoJava
	exitNoTLC
	exitWrongTLC
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// errUsage marks a wrong way of calling the command, or a file that it cannot read.
var errUsage = errors.New("usage")

func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("trace", flag.ContinueOnError)
	flags.SetOutput(stderr)
	count := flags.Int("traces", 50, "how many traces to record")
	illegal := flags.Int("mutants", 600, "how many mutants that the model refuses to make")
	seed := flags.Uint64("seed", rand.Uint64(), "repeats what the goroutines do and which mutants are made")
	spoilt := flags.Int("spoilt", 15, "how many transfers to spoil")
	file := flags.String("file", "", "check the traces in this file instead of fresh ones; -: standard input")
	save := flags.String("save", "", "write the traces to this file")
	asJSON := flags.Bool("json", false, "print JSON lines, those of package results")
	if err := flags.Parse(args); err != nil {
		return exitUsage
	}
	var lines *results.Writer // nil: text
	if *asJSON {
		lines = results.NewWriter(stdout)
	}
	fail := func(err error) int {
		fmt.Fprintln(stderr, "trace:", err)
		lines.Write(results.Line{Problem: err.Error()}) // it is on stderr in any case
		return exitCode(err)
	}
	if flags.NArg() > 0 || *count < 1 || *illegal < 0 || *spoilt < 0 {
		return fail(fmt.Errorf("%w: unexpected arguments, no traces, or a negative number of mutants", errUsage))
	}
	c, err := newChecker(ctx)
	if err != nil {
		return fail(err)
	}
	began := time.Now()
	recording, err := gather(*file, stdin, *seed, *count)
	if err != nil {
		return fail(err)
	}
	if err := saveTo(*save, recording); err != nil {
		return fail(err)
	}
	r := &report{}
	if err := c.judge(ctx, r, recording.Traces, *seed, *illegal); err != nil {
		return fail(err)
	}
	if err := c.judgeTransfers(ctx, r, recording.Transfers, *seed, *spoilt); err != nil {
		return fail(err)
	}
	r.seed, r.took = *seed, time.Since(began)
	if *asJSON {
		return r.write(lines)
	}
	r.print(stdout)
	if len(r.problems) > 0 {
		return fail(fmt.Errorf("%d things are not as they must be", len(r.problems)))
	}
	return exitOK
}

func newChecker(ctx context.Context) (*checker, error) {
	root, err := command.ModuleRoot()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errUsage, err)
	}
	tools, err := tlatools.Find(ctx, filepath.Join(root, ".cache"))
	return &checker{tools: tools, spec: filepath.Join(root, "spec")}, err
}

// judge checks traces, and mutants of them.
func (c *checker) judge(ctx context.Context, r *report, traces []events.Trace, seed uint64, illegal int) error {
	if len(traces) == 0 {
		return nil
	}
	all := make([]recorded, len(traces))
	for i, t := range traces {
		all[i].Trace = t
	}
	made := addMutants(rand.New(rand.NewPCG(seed, 4)), all, illegal)
	for _, b := range batches(all) {
		verdicts, err := c.check(ctx, b)
		if err != nil {
			return err
		}
		r.add(b, verdicts)
	}
	if made < illegal {
		r.problem("the traces gave %d mutants that the model refuses, not %d", made, illegal)
	}
	return nil
}

// judgeTransfers checks transfers, and some that are spoilt.
func (c *checker) judgeTransfers(ctx context.Context, r *report, transfers []events.Transfer, seed uint64, spoilt int) error {
	names := map[string]bool{} // of what cannot be
	all := slices.Clone(transfers)
	for _, s := range some(rand.New(rand.NewPCG(seed, 5)), transfers, spoilt) {
		s.Transfer.Name = s.name
		names[s.name] = true
		all = append(all, s.Transfer)
	}
	for _, group := range transferGroups(all) {
		far, err := c.checkTransfers(ctx, group)
		if err != nil {
			return err
		}
		for i := range group {
			r.addTransfer(&group[i], far[i], names[group[i].Name])
		}
	}
	return nil
}

// gather records traces, or reads a recording.
func gather(file string, stdin io.Reader, seed uint64, count int) (events.Recording, error) {
	if file == "" {
		traces, err := recordAll(seed, count)
		return events.Recording{Traces: traces}, err
	}
	in := stdin
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return events.Recording{}, fmt.Errorf("%w: %w", errUsage, err)
		}
		defer f.Close()
		in = f
	}
	recording, err := events.Read(in)
	switch {
	case err != nil:
		return recording, fmt.Errorf("%w: %s: %w", errUsage, file, err)
	case len(recording.Traces)+len(recording.Transfers) == 0:
		return recording, fmt.Errorf("%w: %s holds no trace", errUsage, file)
	}
	return recording, nil
}

func saveTo(file string, recording events.Recording) error {
	if file == "" {
		return nil
	}
	f, err := os.Create(file)
	if err != nil {
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	return errors.Join(recording.Write(f), f.Close())
}

func exitCode(err error) int {
	switch {
	case errors.Is(err, errUsage):
		return exitUsage
	case errors.Is(err, tlatools.ErrNoJava):
		return exitNoJava
	case errors.Is(err, tlatools.ErrNoTLC):
		return exitNoTLC
	case errors.Is(err, tlatools.ErrWrongTLC):
		return exitWrongTLC
	}
	return exitDiffers
}
