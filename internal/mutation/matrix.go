package mutation

import (
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/handoff-go/handoff/internal/results"
)

// A Matrix says which check killed which mutant.
type Matrix struct {
	Checks []string
	Rows   []Row
	Took   time.Duration
}

// A Row is what came of one mutant.
type Row struct {
	Mutant   Mutant
	Verdicts []Verdict // of each check
	Err      error     // what is wrong with the mutant itself; it is ErrInvalid
	Took     time.Duration
}

// Failure returns an error if the mutant is invalid, or has survived the check that must kill it.
func (r Row) Failure(checks []string) error {
	if r.Err != nil {
		return fmt.Errorf("%s: %w", r.Mutant.Name, r.Err)
	}
	for i, name := range checks {
		if v := r.Verdicts[i]; name == r.Mutant.By && !v.Kills(r.Mutant) {
			return fmt.Errorf("%s survived: %s must kill it, and says %q", r.Mutant.Name, name, v)
		}
	}
	return nil
}

// result returns the row as a line of JSON has it.
func (r Row) result(checks []string) *results.Mutant {
	m := &results.Mutant{
		Name: r.Mutant.Name, Group: r.Mutant.Group, By: r.Mutant.By, Killed: true,
		Checks: map[string]string{}, Seconds: results.Seconds(r.Took),
	}
	if err := r.Failure(checks); err != nil {
		m.Killed, m.Problem = false, err.Error()
	}
	for i, name := range checks {
		if v := r.Verdicts[i]; v.Runs > 0 {
			m.Checks[name] = v.String()
		}
	}
	return m
}

// Failure returns what is wrong with each mutant that is invalid or has survived, nil if none is.
func (m *Matrix) Failure() error {
	var all []error
	for _, r := range m.Rows {
		all = append(all, r.Failure(m.Checks))
	}
	return errors.Join(all...)
}

// killed counts the mutants that the check that must kill them has killed.
func (m *Matrix) killed() int {
	n := 0
	for _, r := range m.Rows {
		if r.Failure(m.Checks) == nil {
			n++
		}
	}
	return n
}

const legend = `Each row is a mutant: one small wrong change of the sources. Each column is a check: "killed" if it
failed in every run, as it should; "3 of 5" if only in some; "hung" if it ran out of time; "missed"
if it passed; "." if it was not run, since it does not look at the changed place or is left to others.
The result is that of the check that must kill the mutant.

`

// String returns the table with a legend and the totals. group is the title of the mutants' Group.
func (m *Matrix) String(group string) string {
	var b strings.Builder
	b.WriteString(legend)
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "mutant\t%s\tmust be killed by\tresult", group)
	for _, name := range m.Checks {
		fmt.Fprint(w, "\t", name)
	}
	fmt.Fprint(w, "\n")
	killed := make([]int, len(m.Checks))
	asked := make([]int, len(m.Checks))
	for _, r := range m.Rows {
		word := "killed"
		if r.Err != nil {
			word = "INVALID"
		} else if r.Failure(m.Checks) != nil {
			word = "SURVIVED"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s", r.Mutant.Name, r.Mutant.Group, r.Mutant.By, word)
		for i, v := range r.Verdicts {
			fmt.Fprint(w, "\t", v)
			if v.Runs > 0 {
				asked[i]++
			}
			if v.Kills(r.Mutant) {
				killed[i]++
			}
		}
		fmt.Fprint(w, "\n")
	}
	fmt.Fprintf(w, "killed, of those tried\t\t\t%d/%d", m.killed(), len(m.Rows))
	for i := range m.Checks {
		fmt.Fprintf(w, "\t%d/%d", killed[i], asked[i])
	}
	fmt.Fprint(w, "\n")
	w.Flush()
	fmt.Fprintf(&b, "%d of %d mutants killed by the check that must kill them, in %v\n", m.killed(), len(m.Rows), m.Took.Round(time.Second))
	return b.String()
}
