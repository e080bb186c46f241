package proptest_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoff-go/handoff/proptest"
	"github.com/handoff-go/handoff/proptest/internal/history"
	"github.com/handoff-go/handoff/registry"
)

var update = flag.Bool("update", false, "rewrite docs/coverage.md")

const coverageFile = "../docs/coverage.md"

// driver uses registries in one way, and is a column of the table.
type driver struct {
	name, what string
	slack      int // its counts are at least this many times what the table says; 0: they never vary
	drive      func(t *testing.T, f factory)
}

func drivers() []driver {
	return []driver{
		{"random", "1,000 sequences of `Run`", 8, func(t *testing.T, f factory) {
			setEffort(t, 1000, 50)
			setFlag(t, "rapid.seed", "1")
			setFlag(t, "rapid.nofailfile", "true")
			proptest.Run(t, f)
		}},
		{"walk", "`Walk`, along every step of the state graph", 0, func(t *testing.T, f factory) { proptest.Walk(t, f) }},
		{"concurrent", "what `RunConcurrent` does, in fewer histories", 100, func(t *testing.T, f factory) {
			g := proptest.ContractFactory(f)
			history.CheckLinearizable(t, g, 0, 1000, time.Minute)
			for range fewer(4) { // with -short they are shorter
				proptest.ConcurrentChecks()["outcomes"](t, g)
				proptest.ConcurrentChecks()["trace"](t, g)
			}
		}},
		{"corpus", "the committed corpus of `FuzzOperations`", 0, replayCorpus},
		{"scripted", "what the others may not reach in every run", 1, closeInASweep},
	}
}

func replayCorpus(t *testing.T, f factory) {
	paths, err := filepath.Glob("../fuzz/testdata/fuzz/FuzzOperations/*")
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	for _, path := range paths {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		_, quoted, _ := strings.Cut(string(text), "[]byte(")
		program, err := strconv.Unquote(strings.TrimSuffix(strings.TrimSpace(quoted), ")"))
		require.NoError(t, err, path)
		proptest.Replay(t, f, []byte(program))
	}
}

// closeInASweep closes a registry during a sweep: from OnExit of the first handoff that expires, of
// more than a registry expires at once.
func closeInASweep(t *testing.T, f factory) {
	var r proptest.Registry
	var err error
	var abandoned []registry.Abandoned
	closed := false
	r, err = f(registry.Options{AckDeadline: time.Second, TokenTTL: time.Minute, MaxPending: 4096, OnExit: func(registry.Exit) {
		if !closed {
			closed = true
			abandoned = r.Close()
		}
	}})
	require.NoError(t, err)
	const many = 2000
	now := time.Now()
	for range many {
		_, err := r.Begin(registry.Backend{Service: "cache"}, now)
		require.NoError(t, err)
	}
	expired := r.ExpireOverdue(now.Add(time.Second))
	require.NotEmpty(t, abandoned)
	require.NotEmpty(t, expired)
	require.Equal(t, many, len(expired)+len(abandoned), "each handoff left once")
}

// Every action, every answer and every decision of the specification is taken by the code in some
// test. The table of how often is committed. Where a number may vary, the table has a lower bound,
// which must hold.
func TestEveryBranchOfTheSpecificationIsTaken(t *testing.T) {
	if raceDetector {
		// Other tests run the same calls under the race detector.
		t.Skip("it only counts branches")
	}
	taken := map[string]map[string]int{}
	for _, d := range drivers() {
		c := &counts{of: map[string]int{}}
		t.Run(d.name, func(t *testing.T) { d.drive(t, observe(c, ours)) })
		taken[d.name] = c.of
	}
	if t.Failed() {
		return
	}
	text, err := os.ReadFile(coverageFile)
	// How calls interleave differs from run to run: a file whose bounds hold stays as it is.
	if *update && (err != nil || len(differences(string(text), taken)) > 0) {
		require.NoError(t, os.MkdirAll(filepath.Dir(coverageFile), 0o755))
		require.NoError(t, os.WriteFile(coverageFile, []byte(table(taken)), 0o644))
		text, err = os.ReadFile(coverageFile)
	}
	require.Empty(t, misses(taken))
	require.NoError(t, err)
	require.Empty(t, differences(string(text), taken), "check the difference, and rewrite the file with -update")
}

// misses returns the branches that were not taken, or that were taken although the code should not
// be able to, and the taken ones that have no row.
func misses(taken map[string]map[string]int) (found []string) {
	total := map[string]int{}
	for _, of := range taken {
		for name, n := range of {
			total[name] += n
		}
	}
	for _, r := range rows() {
		if why, excused := uncovered()[r.name]; excused != (total[r.name] == 0) {
			found = append(found, fmt.Sprintf("%s: taken %d times; the reason why the code cannot take it is %q", r.name, total[r.name], why))
		}
		delete(total, r.name)
	}
	for name, n := range total {
		found = append(found, fmt.Sprintf("%s: taken %d times, but has no row", name, n))
	}
	return found
}
