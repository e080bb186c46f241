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
	"github.com/handoff-go/handoff/registry"
)

var update = flag.Bool("update", false, "rewrite docs/coverage.md")

const coverageFile = "../docs/coverage.md"

// driver makes registries do things, and is a column of the table.
type driver struct {
	name, what string
	slack      int // by how much its counts may vary; 0: it does the same each time
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
		{"together", "what `RunConcurrent` does, in fewer histories", 100, func(t *testing.T, f factory) {
			proptest.Histories(t, f, 0, 1000, time.Minute)
			for range fewer(4) { // each is shorter then
				proptest.Contests()["winners"](t, f)
				proptest.Contests()["trace"](t, f)
			}
		}},
		{"corpus", "the committed corpus of `FuzzOperations`", 0, replayCorpus},
		{"scenes", "what the others cannot bring about for certain", 1, closeInASweep},
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

// closeInASweep closes a registry while it sweeps: from OnExit of the first handoff
// that it expires, of more than it expires at once.
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
	require.Equal(t, many, len(expired)+len(abandoned), "each has left once")
}

// Every action, every answer and every decision of the specification is taken by the
// code in some test. The table of how often is committed; where that may vary it
// says at least how often, and that must hold.
func TestTheCodeTakesEveryBranchOfTheSpecification(t *testing.T) {
	if raceDetector {
		t.Skip("it only counts") // what it drives is driven under the race detector by others
	}
	met := map[string]map[string]int{}
	for _, d := range drivers() {
		c := &counts{of: map[string]int{}}
		t.Run(d.name, func(t *testing.T) { d.drive(t, watch(c, ours)) })
		met[d.name] = c.of
	}
	if t.Failed() {
		return
	}
	text, err := os.ReadFile(coverageFile)
	// How goroutines meet is not the same twice: a file that holds is left as it is.
	if *update && (err != nil || len(differences(string(text), met)) > 0) {
		require.NoError(t, os.MkdirAll(filepath.Dir(coverageFile), 0o755))
		require.NoError(t, os.WriteFile(coverageFile, []byte(table(met)), 0o644))
		text, err = os.ReadFile(coverageFile)
	}
	require.Empty(t, misses(met))
	require.NoError(t, err)
	require.Empty(t, differences(string(text), met), "look at it, and rewrite it with -update")
}

// misses returns the branches that were not taken though they could be, or were
// though there is a reason why they cannot, and those that are in no row.
func misses(met map[string]map[string]int) (found []string) {
	total := map[string]int{}
	for _, of := range met {
		for name, n := range of {
			total[name] += n
		}
	}
	for _, r := range rows() {
		if why, excused := uncovered()[r.name]; excused != (total[r.name] == 0) {
			found = append(found, fmt.Sprintf("%s: taken %d times; the reason why it cannot be is %q", r.name, total[r.name], why))
		}
		delete(total, r.name)
	}
	for name, n := range total {
		found = append(found, fmt.Sprintf("%s: taken %d times, and is no row", name, n))
	}
	return found
}

// table writes the counts for a reader.
func table(met map[string]map[string]int) string {
	var b strings.Builder
	b.WriteString("# Which branches of the specification the code takes\n\n" +
		"Every action of [HandoffAck](../spec/HandoffAck.tla), every answer of every operation in [Answers](../spec/Answers.tla) by each guard that gives it\n" +
		"(the names are those of [Witness](../spec/Witness.tla)), and every operator that decides. A registry is told to do things in several ways, and its trace says which\n" +
		"branches it took. `go test ./proptest -run EveryBranch -update` writes this file; the test fails on a branch that is not taken, on one that the\n" +
		"specification does not have, and on a number that does not hold.\n\n")
	for _, d := range drivers() {
		fmt.Fprintf(&b, "- **%s**: %s%s\n", d.name, d.what, map[bool]string{true: "", false: "; at least so often"}[d.slack == 0])
	}
	b.WriteString("\n| branch | answer | step |")
	for _, d := range drivers() {
		fmt.Fprintf(&b, " %s |", d.name)
	}
	b.WriteString("\n| --- | --- | --- |" + strings.Repeat(" ---: |", len(drivers())) + "\n")
	for _, r := range rows() {
		fmt.Fprintf(&b, "| `%s` | %s | %s |", r.name, r.answer, r.step)
		for _, d := range drivers() {
			fmt.Fprintf(&b, " %s |", cell(d, met[d.name][r.name]))
		}
		b.WriteString("\n")
	}
	for _, r := range rows() {
		if why, excused := uncovered()[r.name]; excused {
			fmt.Fprintf(&b, "\n`%s` is taken by none: %s\n", r.name, why)
		}
	}
	return b.String()
}

// cell writes a count. One that may vary is rounded down, to a power of ten that it
// will not miss.
func cell(d driver, n int) string {
	if d.slack == 0 {
		return strconv.Itoa(n)
	}
	if n < d.slack {
		return "-"
	}
	at := 1
	for at*10 <= n/d.slack {
		at *= 10
	}
	return "≥ " + strconv.Itoa(at)
}

// differences returns what of a table does not hold.
func differences(text string, met map[string]map[string]int) (found []string) {
	have, want := strings.Split(text, "\n"), strings.Split(table(met), "\n")
	if len(have) != len(want) {
		return []string{fmt.Sprintf("%d lines, not %d", len(have), len(want))}
	}
	for i := range have {
		h, w := strings.Split(have[i], "|"), strings.Split(want[i], "|")
		if !strings.HasPrefix(have[i], "| `") || len(h) != len(w) {
			if have[i] != want[i] {
				found = append(found, have[i]+" is not "+want[i])
			}
			continue
		}
		name := strings.Trim(h[1], " `")
		for j := range h {
			least, atLeast := strings.CutPrefix(strings.TrimSpace(h[j]), "≥ ")
			n, err := strconv.Atoi(least)
			driver := ""
			if j >= 4 && j < 4+len(drivers()) {
				driver = drivers()[j-4].name
			}
			switch {
			case driver != "" && strings.TrimSpace(h[j]) == "-": // nothing is claimed
			case driver != "" && atLeast && err == nil && met[driver][name] >= n && n > 0:
			case !atLeast && h[j] == w[j]:
			default:
				found = append(found, fmt.Sprintf("%s: %s, not %s", name, h[j], w[j]))
			}
		}
	}
	return found
}

// The table is read as strictly as it is written.
func TestATableThatDoesNotHoldIsFound(t *testing.T) {
	met := map[string]map[string]int{}
	for _, d := range drivers() {
		met[d.name] = map[string]int{}
		for _, r := range rows() {
			met[d.name][r.name] = 1000
		}
	}
	require.Empty(t, misses(met))
	met["walk"]["IssueBad"] = 1
	require.Len(t, misses(met), 1, "no row")
	delete(met["walk"], "IssueBad")
	for _, of := range met {
		of["DropNone"] = 0
	}
	require.Len(t, misses(met), 1, "not taken")

	text := table(met)
	require.Empty(t, differences(text, met))
	met["random"]["IssueOk"] = 100
	require.Empty(t, differences(text, met), "at least 100 still holds")
	met["random"]["IssueOk"] = 99
	require.Len(t, differences(text, met), 1)
	met["random"]["IssueOk"], met["walk"]["IssueOk"] = 1000, 1001
	require.Len(t, differences(text, met), 1)
	met["walk"]["IssueOk"] = 1000
	for _, change := range []func(string) string{
		func(s string) string { return strings.Replace(s, "| `IssueOk`", "| `IssueGood`", 1) },
		func(s string) string { return strings.Replace(s, "| ErrFull |", "| ErrClosed |", 1) },
		func(s string) string { return strings.Replace(s, " 1000 |", " ≥ 1001 |", 1) },
		func(s string) string { return strings.Replace(s, " 1000 |", " many |", 1) },
		func(s string) string { return s + "more\n" },
	} {
		require.NotEmpty(t, differences(change(text), met))
	}
}
