package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/handoff-go/handoff/internal/mutation"
)

// checks are the layers as the runner of mutants asks them. Prepare fills in their suites, and
// nothing changes them after it.
type checks struct {
	layers     []layer
	quick      bool          // the layers are quickened: build each suite only when its turn comes
	leastLimit time.Duration // for one run of a suite; zero: shortestLimit

	suites [][]*suite // of each layer
}

// Names returns the names of the layers.
func (c *checks) Names() []string {
	var names []string
	for _, l := range c.layers {
		names = append(names, l.name)
	}
	return names
}

// Prepare finds out what tests the layers have, and that all pass. Suites that no mutant needs are
// left out.
func (c *checks) Prepare(ctx context.Context, tree *mutation.Tree, mutants []mutation.Mutant) error {
	if err := c.validate(mutants); err != nil {
		return err
	}
	c.suites = make([][]*suite, len(c.layers))
	for i, l := range c.layers {
		for _, p := range l.parts {
			s, err := inspect(ctx, tree, l, p)
			if err != nil {
				return fmt.Errorf("%s: %w", l.name, err)
			}
			if s == nil || !slices.ContainsFunc(mutants, func(m mutation.Mutant) bool { return s.asked(l, m) }) {
				continue
			}
			if err := build(ctx, tree, []*suite{s}); err != nil {
				return fmt.Errorf("%s: %w", l.name, err)
			}
			if err := s.measure(ctx, tree, l, cmp.Or(c.leastLimit, l.least, shortestLimit)); err != nil {
				return fmt.Errorf("%s: %w", l.name, err)
			}
			c.suites[i] = append(c.suites[i], s)
		}
	}
	return nil
}

// validate returns an error for a mutant that breaks no guarantee, or that relies on a layer which
// is for information only.
func (c *checks) validate(mutants []mutation.Mutant) error {
	var problems []error
	for _, m := range mutants {
		if !slices.Contains(guarantees(), m.Group) {
			problems = append(problems, fmt.Errorf("mutant %q: %q is no guarantee", m.Name, m.Group))
		}
		if slices.ContainsFunc(c.layers, func(l layer) bool { return l.name == m.By && l.informative }) {
			problems = append(problems, fmt.Errorf("mutant %q: no mutant can rely on %q", m.Name, m.By))
		}
	}
	return errors.Join(problems...)
}

// Try runs the suites that reach the changed package.
func (c *checks) Try(ctx context.Context, tree *mutation.Tree, m mutation.Mutant) ([]mutation.Verdict, error) {
	asked := make([][]*suite, len(c.layers))
	for i, l := range c.layers {
		for _, s := range c.suites[i] {
			if s.asked(l, m) {
				asked[i] = append(asked[i], s)
			}
		}
		// The tests of the changed package are the first to notice.
		slices.SortStableFunc(asked[i], func(s, t *suite) int {
			return cmp.Compare(distance(s, m), distance(t, m))
		})
	}
	if !c.quick {
		if err := build(ctx, tree, slices.Concat(asked...)); err != nil {
			return nil, err
		}
	}
	return c.judgeAll(ctx, tree, asked)
}

func distance(s *suite, m mutation.Mutant) int {
	if s.dir == path.Dir(m.File) {
		return 0
	}
	return 1
}

// judgeAll runs each layer's suites as often as the layer says, as many at once as there are
// processors: most tests use one only.
func (c *checks) judgeAll(ctx context.Context, tree *mutation.Tree, asked [][]*suite) ([]mutation.Verdict, error) {
	results := make([][]mutation.Verdict, len(c.layers))
	errs := make([][]error, len(c.layers))
	free := make(chan struct{}, runtime.NumCPU())
	var running sync.WaitGroup
	for i, l := range c.layers {
		if len(asked[i]) == 0 {
			continue
		}
		results[i], errs[i] = make([]mutation.Verdict, len(l.runs)), make([]error, len(l.runs))
		for n, args := range l.runs {
			free <- struct{}{}
			running.Go(func() {
				results[i][n], errs[i][n] = judge(ctx, tree, asked[i], args, c.quick)
				<-free
			})
		}
	}
	running.Wait()
	verdicts := make([]mutation.Verdict, len(c.layers))
	for i := range c.layers {
		for _, v := range results[i] {
			verdicts[i].Add(v)
		}
	}
	return verdicts, errors.Join(slices.Concat(errs...)...)
}
