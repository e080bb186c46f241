package mutation

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// Checks are what mutants are tried on.
type Checks interface {
	// Names returns the names of the checks, in the order of the table's columns.
	Names() []string
	// Prepare runs, in a tree without a mutant, every check that one of the mutants needs. An error
	// says that one does not pass: then it could not tell a mutant from the module.
	Prepare(ctx context.Context, tree *Tree, mutants []Mutant) error
	// Try runs the checks that see the mutant m in a tree that is m, and returns a verdict for each
	// of Names. It is called for several trees at once. An error that is ErrInvalid is m's own; any
	// other ends the run.
	Try(ctx context.Context, tree *Tree, m Mutant) ([]Verdict, error)
}

// A Runner tries mutants. Its fields are set before the first use.
type Runner struct {
	Source  string   // the module's root, which stays as it is
	Without []string // its folders that no check needs
	With    []string // files that the checks need beside the sources, as patterns of filepath.Glob
	Checks  Checks
	Jobs    int // how many mutants at once, each in a tree of its own; below 1: one

	Ready func(took time.Duration) // called when every check passes without a mutant; may be nil
	Done  func(n int, r Row)       // called for the nth mutant that is done, one at a time; may be nil
}

// Run tries every mutant and returns what came of it. An error says that this could not be done, or
// that the module does not pass without a mutant.
func (r *Runner) Run(ctx context.Context, mutants []Mutant) (*Matrix, error) {
	if err := validate(mutants, r.Checks.Names()); err != nil {
		return nil, err
	}
	temp, err := os.MkdirTemp("", "mutants-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(temp)
	if temp, err = filepath.EvalSymlinks(temp); err != nil { // the go command prints real paths
		return nil, err
	}
	began := time.Now()
	pristine := filepath.Join(temp, "pristine") // an edit of the module meanwhile does not matter
	if err := errors.Join(Copy(pristine, r.Source, r.Without...), copyAlso(pristine, r.Source, r.With)); err != nil {
		return nil, err
	}
	first, err := newTree(temp, pristine, 1)
	if err != nil {
		return nil, err
	}
	if err := r.Checks.Prepare(ctx, first, mutants); err != nil {
		return nil, fmt.Errorf("without a mutant: %w", err)
	}
	if r.Ready != nil {
		r.Ready(time.Since(began))
	}
	trees := []*Tree{first}
	for len(trees) < min(r.Jobs, len(mutants)) {
		next, err := newTree(temp, pristine, len(trees)+1)
		if err != nil {
			return nil, err
		}
		trees = append(trees, next)
	}
	m := &Matrix{Checks: r.Checks.Names(), Rows: make([]Row, len(mutants))}
	if err := r.tryAll(ctx, trees, mutants, m.Rows); err != nil {
		return nil, err
	}
	m.Took = time.Since(began)
	return m, nil
}

// tryAll tries the mutants, as many at once as there are trees.
func (r *Runner) tryAll(ctx context.Context, trees []*Tree, mutants []Mutant, rows []Row) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	next := make(chan int)
	errs := make([]error, len(trees))
	done := 0
	var mu sync.Mutex // done and r.Done are under it
	var workers sync.WaitGroup
	for n, tree := range trees {
		workers.Go(func() {
			for i := range next {
				row, err := r.try(ctx, tree, mutants[i])
				if err != nil {
					errs[n] = fmt.Errorf("mutant %s: %w", mutants[i].Name, err)
					stop()
					return
				}
				rows[i] = row
				mu.Lock()
				done++
				if r.Done != nil {
					r.Done(done, row)
				}
				mu.Unlock()
			}
		})
	}
	for i := range mutants {
		select {
		case next <- i:
			continue
		case <-ctx.Done():
		}
		break
	}
	close(next)
	workers.Wait()
	return cmp.Or(errors.Join(errs...), ctx.Err())
}

// try makes one mutant and runs the checks. What is wrong with the mutant itself is in the row.
func (r *Runner) try(ctx context.Context, tree *Tree, m Mutant) (Row, error) {
	began := time.Now()
	row := Row{Mutant: m, Verdicts: make([]Verdict, len(r.Checks.Names()))}
	err := tree.plant(m)
	if err == nil {
		var verdicts []Verdict
		if verdicts, err = r.Checks.Try(ctx, tree, m); err == nil {
			row.Verdicts = verdicts
		}
	}
	if ctx.Err() != nil {
		return row, ctx.Err()
	}
	if err != nil && !errors.Is(err, ErrInvalid) {
		return row, err
	}
	row.Err, row.Took = err, time.Since(began)
	return row, nil
}
