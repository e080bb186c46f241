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

// checks are all checks as the runner of mutants asks them.
type checks struct {
	all []check
	run func(ctx context.Context, dir, name string, args ...string) (string, error)
}

// limit is for one check: far above what it takes.
const limit = 10 * time.Minute

// Names returns the names of the checks.
func (c *checks) Names() []string {
	var names []string
	for _, k := range c.all {
		names = append(names, k.name)
	}
	return names
}

// Prepare finds out that all checks pass that look at a place where a mutant changes something.
func (c *checks) Prepare(ctx context.Context, tree *mutation.Tree, mutants []mutation.Mutant) error {
	for _, k := range c.all {
		if !slices.ContainsFunc(mutants, k.sees) {
			continue
		}
		v, printed, err := c.ask(ctx, tree, k)
		if err != nil {
			return fmt.Errorf("%s: %w", k.name, err)
		}
		if v.Failed+v.Hung > 0 {
			return fmt.Errorf("%s: %w\n%s", k.name, errNotPassing, printed)
		}
	}
	return nil
}

var errNotPassing = errors.New("does not pass")

// Try asks every check that looks at the changed place.
func (c *checks) Try(ctx context.Context, tree *mutation.Tree, m mutation.Mutant) ([]mutation.Verdict, error) {
	verdicts := make([]mutation.Verdict, len(c.all))
	for i, k := range c.all {
		if !k.sees(m) {
			continue
		}
		var err error
		if verdicts[i], _, err = c.ask(ctx, tree, k); err != nil {
			return nil, fmt.Errorf("%s: %w", k.name, err)
		}
	}
	return verdicts, nil
}

// ask runs a check on the tree as it is, and returns what it printed as well.
func (c *checks) ask(ctx context.Context, tree *mutation.Tree, k check) (mutation.Verdict, string, error) {
	limited, stop := context.WithTimeout(ctx, limit)
	defer stop()
	printed, err := c.run(limited, tree.Dir, k.command[0], k.command[1:]...)
	switch {
	case err == nil:
		return mutation.Verdict{Runs: 1}, printed, nil
	case errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil:
		return mutation.Verdict{Runs: 1, Hung: 1}, printed, nil
	case !command.Failed(err):
		return mutation.Verdict{}, printed, fmt.Errorf("%w\n%s", err, printed)
	case !k.checked(printed):
		return mutation.Verdict{}, printed, fmt.Errorf("%w:\n%s", mutation.ErrNotCompiling, printed)
	}
	return mutation.Verdict{Runs: 1, Failed: 1}, printed, nil
}
