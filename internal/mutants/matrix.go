package main

import (
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"
)

// A matrix says which layer caught which fault.
type matrix struct {
	layers []layer
	quick  bool
	rows   []row
	took   time.Duration
}

// A row is what came of one fault.
type row struct {
	fault    fault
	verdicts []verdict // of each layer
	err      error     // what is wrong with the fault itself
	took     time.Duration
}

// failure returns an error if the fault is worthless, or lives on.
func (r row) failure(layers []layer) error {
	if r.err != nil {
		return fmt.Errorf("%s: %w", r.fault.name, r.err)
	}
	for i, l := range layers {
		if v := r.verdicts[i]; l.name == r.fault.must && !v.finds(r.fault) {
			return fmt.Errorf("%s survives: %s must find it and says %q", r.fault.name, l.name, v)
		}
	}
	return nil
}

func (m *matrix) failures() error {
	var all []error
	for _, r := range m.rows {
		all = append(all, r.failure(m.layers))
	}
	return errors.Join(all...)
}

// String returns the table and the totals.
func (m *matrix) String() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprint(w, "fault\tbreaks\tmust be found by")
	for _, l := range m.layers {
		fmt.Fprint(w, "\t", l.name)
	}
	fmt.Fprint(w, "\t\n")
	totals := make([]int, len(m.layers))
	asked := make([]int, len(m.layers))
	killed := 0
	for _, r := range m.rows {
		fmt.Fprintf(w, "%s\t%s\t%s", r.fault.name, r.fault.breaks, r.fault.must)
		for i, v := range r.verdicts {
			fmt.Fprint(w, "\t", v)
			if v.runs > 0 {
				asked[i]++
			}
			if v.finds(r.fault) {
				totals[i]++
			}
		}
		mark := ""
		if r.failure(m.layers) == nil {
			killed++
		} else if mark = "SURVIVES"; r.err != nil {
			mark = "WORTHLESS"
		}
		fmt.Fprintf(w, "\t%s\n", mark)
	}
	fmt.Fprintf(w, "found, of those asked\t\t")
	for i := range m.layers {
		fmt.Fprintf(w, "\t%d/%d", totals[i], asked[i])
	}
	fmt.Fprint(w, "\t\n")
	w.Flush()
	effort := ""
	if m.quick {
		effort = " (quick: one seed, only the layer that must find it)"
	}
	fmt.Fprintf(&b, "%d of %d faults found by the layer that must find them%s, in %v\n",
		killed, len(m.rows), effort, m.took.Round(time.Second))
	return b.String()
}
