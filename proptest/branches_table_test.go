package proptest_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// table returns the counts as the text of the committed file.
func table(taken map[string]map[string]int) string {
	var b strings.Builder
	b.WriteString("# Which branches of the specification the code takes\n\n" +
		"The rows are every action of [HandoffAck](../spec/HandoffAck.tla), every answer of every operation in\n" +
		"[Answers](../spec/Answers.tla), by each guard that gives it (the names are those of [Witness](../spec/Witness.tla)),\n" +
		"and every operator that decides. The columns are ways to use a registry: its trace says which branches it took.\n" +
		"`go test ./proptest -run EveryBranch -update` writes this file. The test fails on a branch that is not taken, on one\n" +
		"that the specification does not have, and on a number that does not hold.\n\n")
	for _, d := range drivers() {
		fmt.Fprintf(&b, "- **%s**: %s%s\n", d.name, d.what, map[bool]string{true: "", false: "; its numbers are lower bounds"}[d.slack == 0])
	}
	b.WriteString("\n| branch | answer | step |")
	for _, d := range drivers() {
		fmt.Fprintf(&b, " %s |", d.name)
	}
	b.WriteString("\n| --- | --- | --- |" + strings.Repeat(" ---: |", len(drivers())) + "\n")
	for _, r := range rows() {
		fmt.Fprintf(&b, "| `%s` | %s | %s |", r.name, r.answer, r.step)
		for _, d := range drivers() {
			fmt.Fprintf(&b, " %s |", cell(d, taken[d.name][r.name]))
		}
		b.WriteString("\n")
	}
	for _, r := range rows() {
		if why, excused := uncovered()[r.name]; excused {
			fmt.Fprintf(&b, "\nThe code cannot take `%s`: %s\n", r.name, why)
		}
	}
	return b.String()
}

// cell returns a count as text. One that may vary is a lower bound: a power of ten, with a margin.
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

// differences returns the claims of a table that do not hold.
func differences(text string, taken map[string]map[string]int) (found []string) {
	have, want := strings.Split(text, "\n"), strings.Split(table(taken), "\n")
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
			case driver != "" && strings.TrimSpace(h[j]) == "-": // claims nothing
			case driver != "" && atLeast && err == nil && taken[driver][name] >= n && n > 0:
			case !atLeast && h[j] == w[j]:
			default:
				found = append(found, fmt.Sprintf("%s: %s, not %s", name, h[j], w[j]))
			}
		}
	}
	return found
}

// A wrong table is found, whatever is wrong in it.
func TestWrongBranchTablesAreFound(t *testing.T) {
	taken := map[string]map[string]int{}
	for _, d := range drivers() {
		taken[d.name] = map[string]int{}
		for _, r := range rows() {
			taken[d.name][r.name] = 1000
		}
	}
	require.Empty(t, misses(taken))
	taken["walk"]["IssueBad"] = 1
	require.Len(t, misses(taken), 1, "no row")
	delete(taken["walk"], "IssueBad")
	for _, of := range taken {
		of["DropNone"] = 0
	}
	require.Len(t, misses(taken), 1, "not taken")

	text := table(taken)
	require.Empty(t, differences(text, taken))
	taken["random"]["IssueOk"] = 100
	require.Empty(t, differences(text, taken), "at least 100 still holds")
	taken["random"]["IssueOk"] = 99
	require.Len(t, differences(text, taken), 1)
	taken["random"]["IssueOk"], taken["walk"]["IssueOk"] = 1000, 1001
	require.Len(t, differences(text, taken), 1)
	taken["walk"]["IssueOk"] = 1000
	for _, change := range []func(string) string{
		func(s string) string { return strings.Replace(s, "| `IssueOk`", "| `IssueGood`", 1) },
		func(s string) string { return strings.Replace(s, "| ErrFull |", "| ErrClosed |", 1) },
		func(s string) string { return strings.Replace(s, " 1000 |", " ≥ 1001 |", 1) },
		func(s string) string { return strings.Replace(s, " 1000 |", " many |", 1) },
		func(s string) string { return s + "more\n" },
	} {
		require.NotEmpty(t, differences(change(text), taken))
	}
}
