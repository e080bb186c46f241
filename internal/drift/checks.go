package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/handoff-go/handoff/internal/command"
	"github.com/handoff-go/handoff/internal/mutation"
)

// checks are the links as the runner of mutants asks them.
type checks struct {
	links []link
	run   func(ctx context.Context, dir, name string, args ...string) (string, error)
}

// limit is for one link: far above what it takes.
const limit = 10 * time.Minute

// Names returns the names of the links.
func (c *checks) Names() []string {
	var names []string
	for _, l := range c.links {
		names = append(names, l.name)
	}
	return names
}

// Prepare finds out that all links pass that look at a place where a mutant changes something.
func (c *checks) Prepare(ctx context.Context, tree *mutation.Tree, mutants []mutation.Mutant) error {
	for _, l := range c.links {
		if !slices.ContainsFunc(mutants, l.sees) {
			continue
		}
		v, printed, err := c.ask(ctx, tree, l)
		if err != nil {
			return fmt.Errorf("%s: %w", l.name, err)
		}
		if v.Failed+v.Hung > 0 {
			return fmt.Errorf("%s: %w\n%s", l.name, errNotPassing, printed)
		}
	}
	return nil
}

var errNotPassing = errors.New("does not pass")

// Try asks every link that looks at the changed place.
func (c *checks) Try(ctx context.Context, tree *mutation.Tree, m mutation.Mutant) ([]mutation.Verdict, error) {
	verdicts := make([]mutation.Verdict, len(c.links))
	for i, l := range c.links {
		if !l.sees(m) {
			continue
		}
		var err error
		if verdicts[i], _, err = c.ask(ctx, tree, l); err != nil {
			return nil, fmt.Errorf("%s: %w", l.name, err)
		}
	}
	return verdicts, nil
}

// ask runs a link on the tree as it is, and returns what it printed as well.
func (c *checks) ask(ctx context.Context, tree *mutation.Tree, l link) (mutation.Verdict, string, error) {
	limited, stop := context.WithTimeout(ctx, limit)
	defer stop()
	printed, err := c.run(limited, tree.Dir, l.command[0], l.command[1:]...)
	switch {
	case err == nil:
		return mutation.Verdict{Runs: 1}, printed, nil
	case errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil:
		return mutation.Verdict{Runs: 1, Hung: 1}, printed, nil
	case !command.Failed(err):
		return mutation.Verdict{}, printed, fmt.Errorf("%w\n%s", err, printed)
	case !l.checked(printed):
		return mutation.Verdict{}, printed, fmt.Errorf("%w:\n%s", mutation.ErrNotCompiling, printed)
	}
	return mutation.Verdict{Runs: 1, Failed: 1}, printed, nil
}
