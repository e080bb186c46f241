// Command mutants shows that the tests bite. It makes one mutant of this module after the other,
// each a small wrong change of the source in a copy, and asks which tests notice. A mutant that
// survives the tests that must kill it makes the run fail, and so does one whose edit no longer
// applies, changes nothing or does not compile. The copy without a mutant must pass first, in the
// same run.
//
//	go run ./internal/mutants            # all mutants: minutes
//	go run ./internal/mutants -quick     # each only where it must be killed, under one seed
//	go run ./internal/mutants -only NAME # some, by name, separated by commas
//	go run ./internal/mutants -list      # what there is
//	go run ./internal/mutants -json      # JSON lines, those of package results
//
// It ends with the kill matrix, mutants by layers. A layer is a set of tests:
//
//   - model: the reference model's own tests, which can see a mutant of the model only, and the
//     registry driven along the graph of the model, with every operation that is refused in each
//     state.
//   - proptest: the conformance kit, as a user of it runs it, under each of five fixed seeds at
//     rapid's default effort. No unit test takes part. Every seed must kill a mutant.
//   - fuzz: the fuzz targets on their committed corpora.
//   - race: the conformance kit's concurrent part under the race detector, for the mutants that
//     only concurrency shows, and run for those only.
//   - sockets: the tests of broker and backend on real sockets, for the mutants of the protocol,
//     and run for those only.
//   - unit: the tests of the changed package and of the packages on top of it. This is for
//     information: no mutant may rely on it.
//
// Each mutant names the one layer that must kill it; the table has the others, too.
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/handoff-go/handoff/internal/mutation"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	os.Exit(mutation.Exit("mutants", err))
}

func run(ctx context.Context, args []string, out io.Writer) error {
	c := mutation.NewCommand("mutants", "breaks", forRunner(), 2)
	quick := c.Flags.Bool("quick", false, "run only the layer that must kill a mutant, under one seed")
	if err := c.Parse(args); err != nil {
		return err
	}
	layers, note := allLayers(), ""
	if *quick {
		layers = quickened(layers)
		note = "quick: each mutant only by the layer that must kill it, under one seed instead of five; this is not the whole matrix"
	}
	r := mutation.Runner{
		Checks:  &checks{layers: layers, quick: *quick},
		Without: []string{"cmd"}, // no layer needs the commands
	}
	return c.Run(ctx, out, r, note)
}
