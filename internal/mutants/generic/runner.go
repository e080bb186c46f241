package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/handoff-go/handoff/internal/mutation"
)

// A runner tries the mutants of one target.
type runner struct {
	options
	target      target
	source      string // the module
	dir         string // for everything that a run leaves, till its end
	equivalents map[string]string
	printer     *printer

	binary *binary
	reach  *reach

	mu     sync.Mutex
	killer map[string]string // by function: the test that killed a mutant of it last
}

// An outcome is what became of one mutant.
type outcome struct {
	site    site
	verdict verdict // passed: it survived
	by      string  // the test that failed, as far as the output says
	reached int     // the number of tests that reach it
	took    time.Duration
}

func (r *runner) run(ctx context.Context) (score, error) {
	tree := filepath.Join(r.dir, "m")
	if err := mutation.Copy(tree, r.source); err != nil {
		return score{}, err
	}
	sites, err := mutate(ctx, tree, r.target)
	if err != nil {
		return score{}, err
	}
	if unknown := unknownEquivalents(r.equivalents, r.target, sites); len(unknown) > 0 {
		return score{}, fmt.Errorf("equivalents that are no mutants (any more): %q", unknown)
	}
	chosen, left := choose(sites, r.equivalents, r.options)
	if r.list {
		r.printer.list(r.target, chosen)
		return score{}, nil
	}
	if r.binary, err = build(ctx, tree, r.target.name, filepath.Join(r.dir, "test"), r.dir); err != nil {
		return score{}, err
	}
	names, err := r.binary.tests(ctx)
	if err != nil {
		return score{}, err
	}
	if r.reach, err = record(ctx, r.binary, names, filepath.Join(r.dir, "reached")); err != nil {
		return score{}, err
	}
	r.printer.start(r.target, len(sites), len(chosen), left, len(names))
	s := score{target: r.target, mutants: len(sites), equivalents: left}
	return s, r.tryAll(ctx, chosen, func(o outcome) {
		s.tried++
		if o.verdict == passed {
			s.survivors = append(s.survivors, o)
		}
		r.printer.done(r.target, s.tried, len(chosen), o)
	})
}

// mutate puts all mutants of a target into the module at tree, and returns them.
func mutate(ctx context.Context, tree string, t target) ([]site, error) {
	var all []site
	for _, dir := range t.packages {
		s, err := loadSource(ctx, tree, dir)
		if err != nil {
			return nil, err
		}
		first := len(all) + 1
		sites, files := find(s, first)
		all = append(all, sites...)
		files[dir+"/mutantswitch.go"] = []byte(switchText(s.name, first, len(all)))
		for name, text := range files {
			if err := os.WriteFile(filepath.Join(tree, filepath.FromSlash(name)), text, 0o600); err != nil {
				return nil, err
			}
		}
	}
	return all, nil
}

// tryAll tries mutants, as many at once as the options say, and hands over the outcome of each,
// one at a time.
func (r *runner) tryAll(ctx context.Context, sites []site, done func(outcome)) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	r.killer = map[string]string{}
	next := make(chan site)
	outcomes := make(chan outcome)
	var workers sync.WaitGroup
	for range r.jobs {
		workers.Go(func() {
			for s := range next {
				o, err := r.try(ctx, s)
				if err != nil {
					cancel(err)
					return
				}
				outcomes <- o
			}
		})
	}
	go func() {
		defer close(next)
		for _, s := range sites {
			select {
			case next <- s:
			case <-ctx.Done():
				return
			}
		}
	}()
	go func() {
		workers.Wait()
		close(outcomes)
	}()
	for o := range outcomes {
		done(o)
	}
	return context.Cause(ctx)
}

// try runs the tests that reach a mutant until one fails.
func (r *runner) try(ctx context.Context, s site) (outcome, error) {
	started := time.Now()
	place := s.file + " " + s.fn
	r.mu.Lock()
	likely := r.killer[place]
	r.mu.Unlock()
	tests := r.reach.tests[s.id]
	o := outcome{site: s, verdict: passed, reached: len(tests)}
	for _, batch := range r.reach.batches(tests, likely) {
		verdict, printed, err := r.binary.run(ctx, batch, s.id, "", r.reach.limit(batch, r.patience))
		if err != nil {
			return outcome{}, err
		}
		if verdict == passed {
			continue
		}
		o.verdict, o.by = verdict, firstFailure(printed)
		if len(batch) == 1 {
			o.by = batch[0]
		}
		r.mu.Lock()
		r.killer[place] = o.by
		r.mu.Unlock()
		break
	}
	o.took = time.Since(started)
	return o, nil
}
