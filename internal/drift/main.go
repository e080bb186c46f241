// Command drift shows that no rule can change in one place alone. The rules stand in
// three places: the specification, the model and the registry. It makes one small change
// of meaning after the other, in one of them only, in a copy of this module, and asks
// the links that tie the three together. A change that its link does not notice makes
// the run fail, and so does one that no longer applies, changes nothing, or cannot be
// compiled or parsed. The copy without a change must pass first, in the same run.
//
//	go run ./internal/drift            # all changes: minutes; needs Java
//	go run ./internal/drift -only NAME # some, by name, separated by commas
//	go run ./internal/drift -list      # what there is
//
// It ends with the matrix, changes by links: "caught", "-" for a link that did not
// notice, "." for one that does not look at that place.
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
	if err != nil {
		fmt.Fprintln(os.Stderr, "drift:", err)
		if errors.As(err, new(usageError)) {
			os.Exit(2)
		}
		os.Exit(1)
	}
}

// A usageError says that the command was called wrongly.
type usageError struct{ error }

func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("drift", flag.ContinueOnError)
	list := flags.Bool("list", false, "list the changes and stop")
	only := flags.String("only", "", "make only the changes with these names, separated by commas")
	file := flags.String("o", "", "also write the matrix to this file")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return nil
	} else if err != nil {
		return usageError{err}
	}
	if flags.NArg() > 0 {
		return usageError{fmt.Errorf("unexpected argument %q", flags.Arg(0))}
	}
	changes, err := choose(allChanges(), *only)
	if err != nil {
		return usageError{err}
	}
	if *list {
		for _, c := range changes {
			fmt.Fprintf(out, "%-10s %-28s %s\n", c.side, c.name, c.says)
		}
		return nil
	}
	source, err := command.ModuleRoot()
	if err != nil {
		return err
	}
	b := bench{source: source, links: allLinks(), out: out, run: command.Output}
	m, err := b.all(ctx, changes)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "\n%s", m)
	if *file != "" {
		err = os.WriteFile(*file, []byte(m.String()), 0o644)
	}
	return errors.Join(err, m.failures())
}

// choose returns the changes with the names in a comma-separated list, or all.
func choose(changes []change, names string) ([]change, error) {
	if names == "" {
		return changes, nil
	}
	var chosen []change
	for name := range strings.SplitSeq(names, ",") {
		found := false
		for _, c := range changes {
			if c.name == name {
				chosen, found = append(chosen, c), true
			}
		}
		if !found {
			return nil, fmt.Errorf("no change is named %q; -list lists them", name)
		}
	}
	return chosen, nil
}
