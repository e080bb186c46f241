package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// An edit replaces a range of a file's text. Two edits either nest or do not touch; of two of the same
// range, the one that was noted first is the outer one.
type edit struct {
	start, end int
	order      int
	build      func(inner string, r *renderer) string // of the range's text with the edits inside
}

// A renderer writes a text with edits in it.
type renderer struct {
	text  []byte
	edits []edit // sorted: outer before inner, then by place
}

// render returns a text with edits in it. It has as many lines as before.
func render(text []byte, edits []edit) string {
	sorted := slices.Clone(edits)
	slices.SortFunc(sorted, func(a, b edit) int {
		return cmp.Or(cmp.Compare(a.start, b.start), -cmp.Compare(a.end, b.end), cmp.Compare(a.order, b.order))
	})
	r := renderer{text, sorted}
	return r.inside(0, len(text), sorted)
}

// render returns a range with the edits in it.
func (r *renderer) render(start, end int) string {
	var within []edit
	for _, e := range r.edits {
		if start <= e.start && e.end <= end {
			within = append(within, e)
		}
	}
	return r.inside(start, end, within)
}

// inside returns a range with these edits, which are all within it and sorted.
func (r *renderer) inside(start, end int, edits []edit) string {
	var out strings.Builder
	for len(edits) > 0 {
		e := edits[0]
		out.Write(r.text[start:e.start])
		n := 1
		for n < len(edits) && edits[n].start < e.end {
			n++
		}
		out.WriteString(e.build(r.inside(e.start, e.end, edits[1:n]), r))
		start, edits = e.end, edits[n:]
	}
	out.Write(r.text[start:end])
	return out.String()
}

// The environment variables of a binary with mutants.
const (
	chosenVariable = "HANDOFF_MUTANT"         // the number of the mutant that is on; none: 0
	reachVariable  = "HANDOFF_MUTANT_REACHED" // a file that gets the number of each mutant that is reached
)

// switchText returns the file that a package with the mutants first..last gets: mutant reports
// whether one is on, and notes once that it was reached.
func switchText(name string, first, last int) string {
	return fmt.Sprintf(`package %s

import (
	"os"
	"strconv"
	"sync/atomic"
)

var (
	mutantChosen, _ = strconv.Atoi(os.Getenv(%q))
	mutantReached, _ = os.OpenFile(os.Getenv(%q), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	mutantSeen [%d]atomic.Bool
)

func mutant(id int) bool {
	if mutantReached != nil && !mutantSeen[id-%d].Swap(true) {
		mutantReached.WriteString(strconv.Itoa(id) + "\n")
	}
	return id == mutantChosen
}

func mutantAdd[T ~int | ~int8 | ~int16 | ~int32 | ~int64 | ~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~uintptr](id int, v T, by int) T {
	if mutant(id) {
		return v + T(by)
	}
	return v
}
`, name, chosenVariable, reachVariable, last-first+1, first)
}
