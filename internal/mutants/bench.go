package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/handoff-go/handoff/internal/plant"
)

// A bench plants faults in a copy of a module and asks the layers about them.
type bench struct {
	source string // the module's root, which stays as it is
	layers []layer
	quick  bool // its layers are quickened
	why    bool // print what a layer saw
	jobs   int  // how many faults at once; below 1: one
	out    io.Writer

	leastLimit time.Duration // for one run of a suite; zero: shortestLimit

	edited string     // the file of the latest fault; empty: there is no tree yet
	tree   string     // the copy: always at one place, so that the build cache serves it
	suites [][]*suite // of each layer
}

// run tries every fault and returns what came of it. An error says that this
// could not be done, or that the module does not pass without a fault.
func (b *bench) run(ctx context.Context, faults []fault) (*matrix, error) {
	if err := checkFaults(faults, b.layers); err != nil {
		return nil, err
	}
	temp, err := os.MkdirTemp("", "mutants-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(temp)
	if temp, err = filepath.EvalSymlinks(temp); err != nil { // the go command tells real paths
		return nil, err
	}
	began := time.Now()
	pristine := filepath.Join(temp, "pristine") // sources that are edited meanwhile do not matter
	if err := copyModule(pristine, b.source); err != nil {
		return nil, err
	}
	b.source, b.tree = pristine, filepath.Join(temp, "module")
	if err := b.tryWithoutFault(ctx, faults, filepath.Join(temp, "bin")); err != nil {
		return nil, fmt.Errorf("without a fault: %w", err)
	}
	fmt.Fprintf(b.out, "without a fault every layer passes (%v)\n", time.Since(began).Round(time.Second))
	m := &matrix{layers: b.layers, quick: b.quick, rows: make([]row, len(faults))}
	if err := b.tryAll(ctx, faults, m.rows); err != nil {
		return nil, err
	}
	m.took = time.Since(began)
	return m, nil
}

// copyModule copies what the layers need, which the commands are not.
func copyModule(dst, src string) error { return plant.Copy(dst, src, "cmd") }

// tryWithoutFault finds out what tests the layers have, and that all pass.
// Layers that no fault needs are left out.
func (b *bench) tryWithoutFault(ctx context.Context, faults []fault, bin string) error {
	if err := copyModule(b.tree, b.source); err != nil {
		return err
	}
	b.suites = make([][]*suite, len(b.layers))
	for i, l := range b.layers {
		for _, p := range l.parts {
			s, err := b.inspect(ctx, l, p, bin)
			if err != nil {
				return fmt.Errorf("%s: %w", l.name, err)
			}
			if s == nil {
				fmt.Fprintf(b.out, "%s: %s has no tests\n", l.name, p.dir)
				continue
			}
			if !slices.ContainsFunc(faults, func(f fault) bool { return s.asked(l, f) }) {
				continue
			}
			if err := build(ctx, b.tree, []*suite{s}); err != nil {
				return fmt.Errorf("%s: %w", l.name, err)
			}
			if err := s.measure(ctx, b.tree, l, cmp.Or(b.leastLimit, l.least, shortestLimit)); err != nil {
				return fmt.Errorf("%s: %w", l.name, err)
			}
			b.suites[i] = append(b.suites[i], s)
		}
	}
	return nil
}

// tryAll tries the faults, several at once, each in a tree of its own: some tests wait
// for clocks, and the go command for one processor.
func (b *bench) tryAll(ctx context.Context, faults []fault, rows []row) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	next := make(chan int)
	errs := make([]error, max(1, b.jobs))
	done := 0
	var mu sync.Mutex // done and b.out are under it
	var workers sync.WaitGroup
	for n := range errs {
		w := b.worker(n)
		workers.Go(func() {
			for i := range next {
				r, err := w.try(ctx, faults[i])
				if err != nil {
					errs[n] = fmt.Errorf("fault %s: %w", faults[i].name, err)
					stop()
					return
				}
				rows[i] = r
				mu.Lock()
				done++
				b.progress(done, len(faults), r)
				mu.Unlock()
			}
		})
	}
	for i := range faults {
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

// worker returns a bench with a tree and binaries of its own, save the first.
func (b *bench) worker(n int) *bench {
	if n == 0 {
		return b
	}
	w := *b
	w.tree, w.edited = fmt.Sprintf("%s-%d", b.tree, n+1), ""
	w.suites = make([][]*suite, len(b.suites))
	for i, suites := range b.suites {
		for _, s := range suites {
			own := *s
			own.bin = fmt.Sprintf("%s-%d", s.bin, n+1)
			w.suites[i] = append(w.suites[i], &own)
		}
	}
	return &w
}

// try plants one fault and asks the layers. What is wrong with the fault itself
// is in the row.
func (b *bench) try(ctx context.Context, f fault) (row, error) {
	began := time.Now()
	r := row{fault: f, verdicts: make([]verdict, len(b.layers))}
	if err := b.renew(); err != nil {
		return r, err
	}
	b.edited = f.file
	r.err = f.edit().Apply(b.tree)
	if r.err == nil {
		r.err = b.ask(ctx, f, r.verdicts)
	}
	if r.err != nil && !isFaultsOwn(r.err) {
		return r, r.err
	}
	r.took = time.Since(began)
	return r, nil
}

// renew makes the tree equal to the source again. After the first time that is the file
// with the fault, and what rapid has recorded of a failure, which would find the next
// fault without a search.
func (b *bench) renew() error {
	if b.edited == "" {
		return copyModule(b.tree, b.source)
	}
	records, err := filepath.Glob(filepath.Join(b.tree, "*", "testdata", "rapid"))
	if err != nil {
		return err
	}
	for _, record := range records {
		if err := os.RemoveAll(record); err != nil {
			return err
		}
	}
	file := filepath.FromSlash(b.edited)
	content, err := os.ReadFile(filepath.Join(b.source, file))
	if errors.Is(err, os.ErrNotExist) {
		return nil // then no fault was planted in it
	} else if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(b.tree, file), content, 0o644)
}

// isFaultsOwn reports whether an error is about the fault's edit.
func isFaultsOwn(err error) bool {
	return errors.Is(err, plant.ErrNotApplying) || errors.Is(err, plant.ErrChangesNothing) || errors.Is(err, errNotCompiling)
}

func (b *bench) ask(ctx context.Context, f fault, verdicts []verdict) error {
	asked := make([][]*suite, len(b.layers))
	for i, l := range b.layers {
		for _, s := range b.suites[i] {
			if s.asked(l, f) {
				asked[i] = append(asked[i], s)
			}
		}
		// The tests of the faulty package are the first to notice.
		slices.SortStableFunc(asked[i], func(s, t *suite) int {
			return cmp.Compare(distance(s, f), distance(t, f))
		})
	}
	if !b.quick {
		if err := build(ctx, b.tree, slices.Concat(asked...)); err != nil {
			return err
		}
	}
	return b.judgeAll(ctx, asked, verdicts)
}

func distance(s *suite, f fault) int {
	if s.dir == path.Dir(f.file) {
		return 0
	}
	return 1
}

// judgeAll runs each layer's suites as often as the layer says, as many at once
// as there are processors: most tests use one only.
func (b *bench) judgeAll(ctx context.Context, asked [][]*suite, verdicts []verdict) error {
	results := make([][]result, len(b.layers))
	errs := make([][]error, len(b.layers))
	free := make(chan struct{}, runtime.NumCPU())
	var running sync.WaitGroup
	for i, l := range b.layers {
		if len(asked[i]) == 0 {
			continue
		}
		results[i], errs[i] = make([]result, len(l.runs)), make([]error, len(l.runs))
		for n, args := range l.runs {
			free <- struct{}{}
			running.Go(func() {
				results[i][n], errs[i][n] = judge(ctx, b.tree, asked[i], args, b.quick)
				<-free
			})
		}
	}
	running.Wait()
	for i := range b.layers {
		for _, r := range results[i] {
			verdicts[i].add(r)
		}
	}
	return errors.Join(slices.Concat(errs...)...)
}

func (b *bench) progress(n, of int, r row) {
	fmt.Fprintf(b.out, "[%*d/%d] %-48s", len(fmt.Sprint(of)), n, of, r.fault.name)
	if r.err != nil {
		fmt.Fprintf(b.out, " %v\n", r.err)
		return
	}
	for i, l := range b.layers {
		if v := r.verdicts[i]; v.runs > 0 {
			fmt.Fprintf(b.out, " %s %s,", l.name, v)
		}
	}
	fmt.Fprintf(b.out, " %.1f s\n", r.took.Seconds())
	for i, l := range b.layers {
		if v := r.verdicts[i]; b.why && v.saw != "" {
			fmt.Fprintf(b.out, "        %s saw: %s\n", l.name, v.saw)
		}
	}
}
