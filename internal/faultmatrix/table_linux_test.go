package faultmatrix_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// table is what the client sees in each cell: one thing, or one of several where that
// depends on who is faster.
type table map[string][]string

func tablePath() string { return filepath.Join("..", "..", "docs", "faults.md") }

// or stands between the things of one cell.
const or = " *or* "

// text is the whole document.
func (tab table) text(t testing.TB) string {
	all := rows(t)
	cells, none := 0, 0
	for _, r := range all {
		for _, f := range faults() {
			if (cell{r.step, r.scenario, f}).meaningless() == "" {
				cells++
			} else {
				none++
			}
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, preamble, cells, none)
	for _, party := range parties() {
		fmt.Fprintf(&b, "\n## The %s is faulty\n\n| After the step | in the scenario |", party)
		for _, f := range faults() {
			fmt.Fprintf(&b, " %s |", f)
		}
		b.WriteString("\n| --- | --- |" + strings.Repeat(" --- |", len(faults())) + "\n")
		for _, r := range all {
			if r.party != party {
				continue
			}
			fmt.Fprintf(&b, "| %s: %s | %s |", r.name, r.words, r.scenario)
			for _, f := range faults() {
				fmt.Fprintf(&b, " %s |", tab.square(cell{r.step, r.scenario, f}))
			}
			b.WriteString("\n")
		}
	}
	b.WriteString("\n## The scenarios\n\n")
	for _, name := range slices.Sorted(func(yield func(string) bool) {
		for name := range scenarios() {
			if !yield(name) {
				return
			}
		}
	}) {
		fmt.Fprintf(&b, "- **%s**: %s.\n", name, scenarios()[name].words)
	}
	return b.String()
}

func (tab table) square(c cell) string {
	if why := c.meaningless(); why != "" {
		return why
	}
	return strings.Join(tab[c.String()], or)
}

// readTable returns what the document says, empty if there is none.
func readTable(t testing.TB) table {
	t.Helper()
	tab := table{}
	text, err := os.ReadFile(tablePath())
	if os.IsNotExist(err) {
		return tab
	}
	require.NoError(t, err)
	lines := map[string][]string{} // the squares of a row, by party, step and scenario
	party := ""
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if words, ok := strings.CutPrefix(line, "## The "); ok {
			party = strings.TrimSuffix(words, " is faulty")
		}
		squares := strings.Split(strings.Trim(line, "| "), " | ")
		if name, _, ok := strings.Cut(squares[0], ": "); ok && len(squares) == 2+len(faults()) {
			lines[party+"/"+name+"/"+squares[1]] = squares[2:]
		}
	}
	for _, r := range rows(t) {
		for i, f := range faults() {
			c := cell{r.step, r.scenario, f}
			if squares := lines[r.key()+"/"+r.scenario]; squares != nil && c.meaningless() == "" {
				tab[c.String()] = strings.Split(squares[i], or)
			}
		}
	}
	return tab
}

// writeTable writes the document, with what was seen besides what it said: what depends
// on who is faster is not seen in every run. To begin anew, remove the document.
func writeTable(t testing.TB, old table, seen map[string][]string) {
	t.Helper()
	tab := table{}
	for _, r := range rows(t) {
		for _, f := range faults() {
			c := cell{r.step, r.scenario, f}.String()
			tab[c] = old[c]
			if saw := append(slices.Clone(old[c]), seen[c]...); seen[c] != nil {
				slices.Sort(saw)
				tab[c] = slices.DeleteFunc(slices.Compact(saw), func(s string) bool { return s == "" })
			}
		}
	}
	require.NoError(t, os.WriteFile(tablePath(), []byte(tab.text(t)), 0o644))
}

// The document is what its squares and the source make it, and no square is empty.
func TestTableIsCurrent(t *testing.T) {
	if *update {
		t.Skip("it is being written") // by TestMatrix
	}
	tab := readTable(t)
	for _, r := range rows(t) {
		for _, f := range faults() {
			c := cell{r.step, r.scenario, f}
			if c.meaningless() == "" {
				require.NotEmpty(t, strings.Join(tab[c.String()], ""), "%v", c)
			}
		}
	}
	text, err := os.ReadFile(tablePath())
	require.NoError(t, err)
	require.Equal(t, tab.text(t), string(text), "go test ./internal/faultmatrix -update writes it")
}
