package main

import (
	"context"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/handoff-go/handoff/internal/command"
	"github.com/handoff-go/handoff/internal/mutation"
)

// A suite is a part of a layer, built into one binary.
type suite struct {
	part
	reaches map[string]bool // the folders of the packages that it is built from
	race    bool
	limit   time.Duration // for one run: far above what it takes without a mutant
}

// The bounds of a suite's limit, and how far above the measured time it is.
const (
	shortestLimit = 15 * time.Second
	longestLimit  = time.Minute
	patience      = 10
	leastPatience = 3
)

// inspect returns the suite of a part in an unchanged tree, nil if its package has no tests.
func inspect(ctx context.Context, tree *mutation.Tree, l layer, p part) (*suite, error) {
	tests, err := command.Go(ctx, tree.Dir, "list", "-f", "{{len .TestGoFiles}}{{len .XTestGoFiles}}", "./"+p.dir)
	if err != nil || strings.TrimSpace(tests) == "00" {
		return nil, err
	}
	s := &suite{part: p, race: l.race, reaches: map[string]bool{}, limit: longestLimit}
	folders, err := command.Go(ctx, tree.Dir, "list", "-test", "-deps", "-f", "{{.Dir}}", "./"+p.dir)
	if err != nil {
		return nil, err
	}
	for folder := range strings.Lines(folders) {
		if rel, err := filepath.Rel(tree.Dir, strings.TrimSpace(folder)); err == nil {
			s.reaches[filepath.ToSlash(rel)] = true
		}
	}
	return s, nil
}

// binaries returns the folder of the binaries built from a tree with or without the race detector.
func binaries(tree *mutation.Tree, race bool) string {
	if race {
		return filepath.Join(tree.Scratch, "race")
	}
	return filepath.Join(tree.Scratch, "plain")
}

// asked reports whether the suite, as part of l, is run for m.
func (s *suite) asked(l layer, m mutation.Mutant) bool {
	return (!l.ownOnly || l.name == m.By) && s.reaches[path.Dir(m.File)]
}

// build makes the binaries of suites from a tree as it is now, in one go for
// those with the race detector and one for those without.
func build(ctx context.Context, tree *mutation.Tree, suites []*suite) error {
	commands := map[bool][]string{}
	for _, s := range suites {
		if commands[s.race] == nil {
			commands[s.race] = []string{"test", "-c", "-o", binaries(tree, s.race) + "/", "-ldflags=-s -w", "-race=" + fmt.Sprint(s.race)}
		}
		commands[s.race] = append(commands[s.race], "./"+s.dir)
	}
	for _, args := range commands {
		if _, err := command.Go(ctx, tree.Dir, args...); command.Failed(err) {
			return fmt.Errorf("%w: %w", mutation.ErrNotCompiling, err)
		} else if err != nil {
			return err
		}
	}
	return nil
}

// measure runs the suite as the layer does, without a mutant. Every run must
// pass, and must have run a test: a name that no test has would pass as well.
func (s *suite) measure(ctx context.Context, tree *mutation.Tree, l layer, least time.Duration) error {
	slowest := time.Duration(0)
	for _, args := range l.runs {
		began := time.Now()
		printed, err := s.run(ctx, tree, append([]string{"-test.v"}, args...))
		if err != nil {
			return fmt.Errorf("%s: %w\n%s", s.dir, err, printed)
		}
		if !strings.Contains(printed, "--- PASS: ") {
			return fmt.Errorf("%s: no test ran that matches %q", s.dir, s.tests)
		}
		slowest = max(slowest, time.Since(began))
	}
	if slowest*leastPatience > longestLimit {
		return fmt.Errorf("%s: %v is too slow to be told from a test that hangs", s.dir, slowest)
	}
	s.limit = max(least, min(slowest*patience, longestLimit))
	return nil
}

// run runs the tests once, and returns what they printed.
func (s *suite) run(ctx context.Context, tree *mutation.Tree, args []string) (string, error) {
	ctx, stop := context.WithTimeout(ctx, s.limit+15*time.Second) // the binary ends itself before
	defer stop()
	args = append([]string{"-test.run=" + s.tests, "-test.timeout=" + s.limit.String()}, args...)
	dir, binary := filepath.FromSlash(s.dir), path.Base(s.dir)+".test"
	return command.Output(ctx, filepath.Join(tree.Dir, dir), filepath.Join(binaries(tree, s.race), binary), args...)
}

// judge runs suites one after the other, until one fails. Those that are not built yet are
// built as their turn comes: the first kills most mutants.
func judge(ctx context.Context, tree *mutation.Tree, suites []*suite, args []string, unbuilt bool) (mutation.Verdict, error) {
	passed := mutation.Verdict{Runs: 1}
	for _, s := range suites {
		if unbuilt {
			if err := build(ctx, tree, []*suite{s}); err != nil {
				return passed, err
			}
		}
		printed, err := s.run(ctx, tree, append([]string{"-test.failfast"}, args...))
		switch {
		case err == nil:
			continue
		case errors.Is(err, context.DeadlineExceeded), strings.Contains(printed, "panic: test timed out after"):
			return mutation.Verdict{Runs: 1, Hung: 1, Saw: cause(printed)}, nil
		case command.Failed(err):
			return mutation.Verdict{Runs: 1, Failed: 1, Saw: cause(printed)}, nil
		default:
			return passed, fmt.Errorf("%s: %w\n%s", s.dir, err, printed)
		}
	}
	return passed, nil
}
