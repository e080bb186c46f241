package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// firstLimit bounds the run of one test without a mutant.
const firstLimit = 5 * time.Minute

// A reach says which tests reach which mutant, and how long each took alone.
type reach struct {
	tests map[int][]string // by the id of a mutant, the quickest first
	took  map[string]time.Duration
}

// record runs each test alone, without a mutant. All must pass; one that fails gets a second
// try, for other programs on the machine. A mutant that a run of all tests together reaches, but none of
// them alone, has all of them.
func record(ctx context.Context, b *binary, names []string, file string) (*reach, error) {
	r := &reach{tests: map[int][]string{}, took: map[string]time.Duration{}}
	for _, name := range names {
		started := time.Now()
		ids, err := reachedBy(ctx, b, []string{name}, file)
		if err != nil {
			return nil, err
		}
		r.took[name] = time.Since(started)
		for _, id := range ids {
			r.tests[id] = append(r.tests[id], name)
		}
	}
	ids, err := reachedBy(ctx, b, names, file)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		if r.tests[id] == nil {
			r.tests[id] = slices.Clone(names)
		}
	}
	for _, tests := range r.tests {
		slices.SortStableFunc(tests, func(a, b string) int { return cmp.Compare(r.took[a], r.took[b]) })
	}
	return r, nil
}

// reachedBy runs tests and returns the mutants that they reach.
func reachedBy(ctx context.Context, b *binary, tests []string, file string) ([]int, error) {
	file, err := filepath.Abs(file)
	if err != nil {
		return nil, err
	}
	for try := 1; ; try++ {
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			return nil, err
		}
		verdict, printed, err := b.run(ctx, tests, 0, file, firstLimit)
		if err != nil {
			return nil, err
		}
		if verdict == passed {
			break
		}
		if try == 2 {
			return nil, fmt.Errorf("without a mutant: %v %s:\n%s", tests, verdict, printed)
		}
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var ids []int
	for _, line := range strings.Fields(string(text)) {
		id, err := strconv.Atoi(line)
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return slices.Compact(ids), nil // child processes of a test note theirs, too
}

// batches splits tests into runs that follow one another until one fails: first the
// test that is likely to fail, then those that together take a second, four, and so on.
func (r *reach) batches(tests []string, likely string) [][]string {
	var all [][]string
	if i := slices.Index(tests, likely); i >= 0 {
		all = append(all, []string{likely})
		tests = slices.Delete(slices.Clone(tests), i, i+1)
	}
	size := time.Second
	for len(tests) > 0 {
		n := 0
		for total := time.Duration(0); n < len(tests) && (n == 0 || total+r.took[tests[n]] <= size); n++ {
			total += r.took[tests[n]]
		}
		all = append(all, tests[:n])
		tests = tests[n:]
		size *= 4
	}
	return all
}

// limit returns how long a run of tests may take with a mutant.
func (r *reach) limit(tests []string, patience time.Duration) time.Duration {
	total := patience
	for _, name := range tests {
		total += 5 * r.took[name]
	}
	return total
}
