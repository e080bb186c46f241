// Command mutants shows that the tests bite. It plants one small fault after
// the other into a copy of this module and asks which tests find it. A fault
// that its tests miss makes the run fail, and so does one whose edit no longer
// applies, changes nothing or does not compile. The copy without a fault must
// pass first, in the same run.
//
//	go run ./internal/mutants            # all faults: minutes
//	go run ./internal/mutants -quick     # each only where it must be found, under one seed
//	go run ./internal/mutants -only NAME # some, by name, separated by commas
//	go run ./internal/mutants -list      # what there is
//
// It ends with the kill matrix, faults by layers. A layer is a set of tests:
//
//   - model: the reference model's own tests, which can see a fault in the model
//     only, and the registry driven along the graph of the model, with every
//     operation that is refused in each state.
//   - proptest: the conformance kit, as a user of it runs it, under each of
//     five fixed seeds at rapid's default effort. No unit test takes part. A
//     fault is found only if every seed finds it.
//   - fuzz: the fuzz targets on their committed corpora.
//   - race: the conformance kit's concurrent part under the race detector, for
//     the faults that only concurrency shows, and run for those only.
//   - sockets: the tests of broker and backend on real sockets, for the faults of
//     the protocol, and run for those only.
//   - unit: the tests of the faulty package and of the packages on top of it.
//     This is for information: no fault may rely on it.
//
// Each fault names the one layer that must find it; it is told of the others
// too. "-" is a layer that missed it, "." one that cannot see it or was not
// asked.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/handoff-go/handoff/internal/command"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	switch {
	case err == nil:
	case errors.As(err, new(usageError)):
		fmt.Fprintln(os.Stderr, "mutants:", err)
		os.Exit(2)
	default:
		fmt.Fprintln(os.Stderr, "mutants:", err)
		os.Exit(1)
	}
}

// A usageError says that the command was called wrongly.
type usageError struct{ error }

func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("mutants", flag.ContinueOnError)
	list := flags.Bool("list", false, "list the faults and stop")
	only := flags.String("only", "", "plant only the faults with these names, separated by commas")
	quick := flags.Bool("quick", false, "ask only the layer that must find a fault, under one seed")
	jobs := flags.Int("jobs", 2, "try this many faults at once")
	why := flags.Bool("why", false, "print what each catch was seen by")
	file := flags.String("o", "", "also write the kill matrix to this file")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return nil
	} else if err != nil {
		return usageError{err}
	}
	if flags.NArg() > 0 {
		return usageError{fmt.Errorf("unexpected argument %q", flags.Arg(0))}
	}
	faults, err := choose(allFaults(), *only)
	if err != nil {
		return usageError{err}
	}
	if *list {
		listFaults(out, faults)
		return nil
	}
	source, err := command.ModuleRoot()
	if err != nil {
		return err
	}
	layers := allLayers()
	if *quick {
		fmt.Fprintln(out, "quick: each fault only by the layer that must find it, under one seed instead of five; this is not the whole matrix")
		layers = quickened(layers)
	}
	b := bench{source: source, layers: layers, out: out, quick: *quick, why: *why, jobs: *jobs}
	m, err := b.run(ctx, faults)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "\n%s", m)
	if *file != "" {
		err = os.WriteFile(*file, []byte(m.String()), 0o644)
	}
	return errors.Join(err, m.failures())
}

// choose returns the faults with the names in a comma-separated list, or all.
func choose(faults []fault, names string) ([]fault, error) {
	if names == "" {
		return faults, nil
	}
	var chosen []fault
	for name := range strings.SplitSeq(names, ",") {
		i := indexOf(faults, name)
		if i < 0 {
			return nil, fmt.Errorf("no fault is named %q; -list lists them", name)
		}
		chosen = append(chosen, faults[i])
	}
	return chosen, nil
}

func listFaults(out io.Writer, faults []fault) {
	for _, f := range faults {
		fmt.Fprintf(out, "%-8s %s (%s, %s)\n         %s\n", f.breaks, f.name, f.file, f.must, f.says)
	}
	fmt.Fprintf(out, "%d faults\n", len(faults))
}
