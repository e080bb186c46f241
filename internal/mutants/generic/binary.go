package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/handoff-go/handoff/internal/command"
)

// A binary is a compiled test binary with mutants in it.
type binary struct {
	path string // of the executable
	dir  string // the package's folder, where its tests run
	temp string // each run gets a folder of its own in it
	runs atomic.Int64
}

// build compiles the tests of the package at dir in the module at root.
func build(ctx context.Context, root, dir, out, temp string) (*binary, error) {
	if _, err := command.Go(ctx, root, "test", "-c", "-o", out, "./"+dir); err != nil {
		return nil, err
	}
	return &binary{path: out, dir: filepath.Join(root, filepath.FromSlash(dir)), temp: temp}, nil
}

// A verdict is what a run of tests came to.
type verdict string

// The verdicts.
const (
	passed verdict = "passed"
	failed verdict = "failed"
	hung   verdict = "hung" // it took longer than it may
)

// mostMemory bounds the address space of a run, in KiB: a mutant may allocate in an endless loop.
const mostMemory = 8 << 20

// run runs tests with a mutant on, or none if it is 0, until one fails. reached is the file for the
// mutants that they reach; it may be empty. It returns what the run printed, too.
func (b *binary) run(ctx context.Context, tests []string, mutant int, reached string, limit time.Duration) (verdict, string, error) {
	temp := filepath.Join(b.temp, "d"+strconv.FormatInt(b.runs.Add(1), 36))
	if err := os.Mkdir(temp, 0o755); err != nil {
		return "", "", err
	}
	defer os.RemoveAll(temp)
	// rapid notes the draws that failed, and would begin the next run with them.
	defer os.RemoveAll(filepath.Join(b.dir, "testdata", "rapid"))
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	var pattern []string
	for _, name := range tests {
		pattern = append(pattern, regexp.QuoteMeta(name))
	}
	cmd := command.New(limited, b.dir, "sh", "-c", fmt.Sprintf(`ulimit -v %d; exec "$0" "$@"`, mostMemory), b.path,
		"-test.run", "^("+strings.Join(pattern, "|")+")$", "-test.failfast", "-test.timeout", "0")
	cmd.Env = append(cmd.Env, "TMPDIR="+temp, fmt.Sprintf("%s=%d", chosenVariable, mutant), reachVariable+"="+reached)
	printed, err := cmd.CombinedOutput()
	switch {
	case ctx.Err() != nil:
		return "", "", ctx.Err()
	case limited.Err() != nil:
		return hung, string(printed), nil
	case err == nil:
		return passed, string(printed), nil
	case cmd.ProcessState != nil:
		return failed, string(printed), nil
	}
	return "", "", err
}

// tests returns the names of all tests and examples.
func (b *binary) tests(ctx context.Context) ([]string, error) {
	printed, err := command.Output(ctx, b.dir, b.path, "-test.list", "^(Test|Example|Fuzz)")
	if err != nil {
		return nil, fmt.Errorf("%w\n%s", err, printed)
	}
	names := strings.Fields(printed)
	if len(names) == 0 {
		return nil, errors.New("no tests")
	}
	return names, nil
}

// firstFailure returns the name of the test that failed first, or "" if the output does not say.
func firstFailure(printed string) string {
	match := regexp.MustCompile(`(?m)^--- FAIL: (\w+)`).FindStringSubmatch(printed)
	if match == nil {
		return ""
	}
	return match[1]
}
