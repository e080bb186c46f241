// Command drift shows that no rule can change in one place alone. The rules stand in three places:
// the specification, the model and the registry. It makes one mutant after the other: a small change
// of meaning in one of the three only, in a copy of this module. Then it runs the checks
// that tie the three together. A mutant that survives the check that must kill it makes the run fail,
// and so does one whose edit no longer applies, changes nothing, or cannot be compiled or parsed. The
// copy without a mutant must pass first, in the same run.
//
//	go run ./internal/drift            # all changes: minutes; needs Java
//	go run ./internal/drift -only NAME # some, by name, separated by commas
//	go run ./internal/drift -list      # what there is
//	go run ./internal/drift -json      # JSON lines, those of package results
//
// It ends with a table, mutants by checks.
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/handoff-go/handoff/internal/command"
	"github.com/handoff-go/handoff/internal/mutation"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	os.Exit(mutation.Exit("drift", err))
}

func run(ctx context.Context, args []string, out io.Writer) error {
	c := mutation.NewCommand("drift", "changed in", allMutants(), 1)
	if err := c.Parse(args); err != nil {
		return err
	}
	r := mutation.Runner{
		Checks: &checks{all: allChecks(), run: command.Output},
		With:   []string{".cache/*.jar"}, // TLC, if it has been fetched
	}
	return c.Run(ctx, out, r, "")
}
