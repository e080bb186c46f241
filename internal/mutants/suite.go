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
)

// A suite is a part of a layer, built into one binary.
type suite struct {
	part
	reaches map[string]bool // the folders of the packages that it is built from
	race    bool
	bin     string        // the folder of its binary, another with the race detector
	limit   time.Duration // for one run: far above what it takes without a fault
}

// The bounds of a suite's limit, and how far above the measured time it is.
const (
	shortestLimit = 15 * time.Second
	longestLimit  = time.Minute
	patience      = 10
	leastPatience = 3
)

// inspect returns the suite of a part, nil if its package has no tests.
func (b *bench) inspect(ctx context.Context, l layer, p part, bin string) (*suite, error) {
	tests, err := command.Go(ctx, b.tree, "list", "-f", "{{len .TestGoFiles}}{{len .XTestGoFiles}}", "./"+p.dir)
	if err != nil || strings.TrimSpace(tests) == "00" {
		return nil, err
	}
	s := &suite{part: p, race: l.race, reaches: map[string]bool{}, limit: longestLimit}
	s.bin = bin
	if l.race {
		s.bin += "-race"
	}
	folders, err := command.Go(ctx, b.tree, "list", "-test", "-deps", "-f", "{{.Dir}}", "./"+p.dir)
	if err != nil {
		return nil, err
	}
	for folder := range strings.Lines(folders) {
		if rel, err := filepath.Rel(b.tree, strings.TrimSpace(folder)); err == nil {
			s.reaches[filepath.ToSlash(rel)] = true
		}
	}
	return s, nil
}

// asked reports whether the suite, as part of l, is run for f.
func (s *suite) asked(l layer, f fault) bool {
	return (!l.ownOnly || l.name == f.must) && s.reaches[path.Dir(f.file)]
}

// build makes the binaries of suites from the tree as it is now, in one go for
// those with the race detector and one for those without.
func build(ctx context.Context, tree string, suites []*suite) error {
	commands := map[bool][]string{}
	for _, s := range suites {
		if commands[s.race] == nil {
			commands[s.race] = []string{"test", "-c", "-o", s.bin + "/", "-ldflags=-s -w", "-race=" + fmt.Sprint(s.race)}
		}
		commands[s.race] = append(commands[s.race], "./"+s.dir)
	}
	for _, args := range commands {
		if _, err := command.Go(ctx, tree, args...); command.Failed(err) {
			return fmt.Errorf("%w: %w", errNotCompiling, err)
		} else if err != nil {
			return err
		}
	}
	return nil
}

// measure runs the suite as the layer does, without a fault. Every run must
// pass, and must have run a test: a name that no test has would pass as well.
func (s *suite) measure(ctx context.Context, tree string, l layer, least time.Duration) error {
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
func (s *suite) run(ctx context.Context, tree string, args []string) (string, error) {
	ctx, stop := context.WithTimeout(ctx, s.limit+15*time.Second) // the binary ends itself before
	defer stop()
	args = append([]string{"-test.run=" + s.tests, "-test.timeout=" + s.limit.String()}, args...)
	return command.Output(ctx, filepath.Join(tree, filepath.FromSlash(s.dir)), filepath.Join(s.bin, path.Base(s.dir)+".test"), args...)
}

// A result is what a run of a suite came to.
type result struct {
	caught bool   // a test failed
	hung   bool   // it ran out of time
	saw    string // what it printed about that, in short
}

// judge runs suites one after the other, until one fails. Those that are not built yet are
// built as their turn comes: most faults are found by the first.
func judge(ctx context.Context, tree string, suites []*suite, args []string, unbuilt bool) (result, error) {
	for _, s := range suites {
		if unbuilt {
			if err := build(ctx, tree, []*suite{s}); err != nil {
				return result{}, err
			}
		}
		printed, err := s.run(ctx, tree, append([]string{"-test.failfast"}, args...))
		switch {
		case err == nil:
			continue
		case errors.Is(err, context.DeadlineExceeded), strings.Contains(printed, "panic: test timed out after"):
			return result{hung: true, saw: cause(printed)}, nil
		case command.Failed(err):
			return result{caught: true, saw: cause(printed)}, nil
		default:
			return result{}, fmt.Errorf("%s: %w\n%s", s.dir, err, printed)
		}
	}
	return result{}, nil
}
