// Package results defines what the checking commands of this module print with -json: one JSON
// object a line, each a [Line], for another program to read. spec/tlc prints a [Model] for each
// model, spec/trace one [Traces], internal/mutants and internal/drift a [Mutant] for each mutant.
// All of them print a [Line] with a Problem for whatever else went wrong, and end with a [Summary].
// Output without one is of a command that could not do its work, whatever the exit code says.
package results

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"time"
)

// A Line is one line of output. Exactly one of its fields is set.
type Line struct {
	Model   *Model   `json:"model,omitempty"`
	Traces  *Traces  `json:"traces,omitempty"`
	Mutant  *Mutant  `json:"mutant,omitempty"`
	Problem string   `json:"problem,omitempty"` // a failure that belongs to none of the above
	Summary *Summary `json:"summary,omitempty"`
}

// NotChecked is the verdict on a model that TLC could not check: it does not parse, or cannot be
// evaluated.
const NotChecked = "error"

// A Model is one run of TLC on one model of the specification.
type Model struct {
	Name        string   `json:"name"`
	Verdict     string   `json:"verdict"`               // what TLC found: "holds", "invariant", ...
	Property    string   `json:"property,omitempty"`    // the property that is violated
	Exit        int      `json:"exit"`                  // TLC's exit code; -1: it did not run
	States      int      `json:"states"`                // distinct states
	Seconds     float64  `json:"seconds"`               // how long TLC ran
	Processor   float64  `json:"processor"`             // user and system time of TLC, in seconds
	Differences []string `json:"differences,omitempty"` // from what the manifest says; none: it passed
	Output      string   `json:"output,omitempty"`      // of TLC, where something differs
}

// OK reports whether the model showed what the manifest says.
func (m *Model) OK() bool { return len(m.Differences) == 0 }

// Traces counts the recorded traces that were checked against the specification, and the mutants
// that were made of them. It passed if every field and its counterpart agree: the mutants that the
// Go model refuses were all refused, those that it accepts all accepted.
type Traces struct {
	Traces          int     `json:"traces"`
	Events          int     `json:"events"` // of the traces
	IllegalMutants  int     `json:"illegalMutants"`
	RefusedMutants  int     `json:"refusedMutants"` // of the illegal ones
	LegalMutants    int     `json:"legalMutants"`
	AcceptedMutants int     `json:"acceptedMutants"` // of the legal ones
	Transfers       int     `json:"transfers"`       // of connections, as the roles reported them
	Steps           int     `json:"steps"`           // of the transfers
	SpoiltRefused   int     `json:"spoiltRefused"`   // transfers that were spoilt, and refused
	Seed            uint64  `json:"seed"`            // repeats the run
	Seconds         float64 `json:"seconds"`
}

// A Mutant is one small change of the sources, and what the checks made of it.
type Mutant struct {
	Name    string            `json:"name"`
	Group   string            `json:"group"`            // the guarantee that it breaks, or the place that it changes
	By      string            `json:"by"`               // the check that must kill it
	Killed  bool              `json:"killed"`           // by that check
	Checks  map[string]string `json:"checks,omitempty"` // what each check said: "killed", "missed", "hung", "3 of 5"
	Problem string            `json:"problem,omitempty"`
	Seconds float64           `json:"seconds"`
}

// A Summary is the last line.
type Summary struct {
	Passed  int     `json:"passed"`
	Failed  int     `json:"failed"` // what failed, and the problems
	Seconds float64 `json:"seconds"`
}

// OK reports whether nothing failed and something was checked.
func (s *Summary) OK() bool { return s.Failed == 0 && s.Passed > 0 }

// A Writer writes lines. A nil *Writer writes nothing and reports no error. It is not safe for
// concurrent use.
type Writer struct{ out *json.Encoder }

// NewWriter returns a Writer of JSON lines to out.
func NewWriter(out io.Writer) *Writer {
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	return &Writer{encoder}
}

// Write writes one line.
func (w *Writer) Write(l Line) error {
	if w == nil {
		return nil
	}
	return w.out.Encode(l)
}

// Parse reads one line. It returns an error for what is no JSON, for an unknown field, and for a
// line that does not have exactly one of its fields.
func Parse(text []byte) (Line, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	var l Line
	if err := decoder.Decode(&l); err != nil {
		return Line{}, fmt.Errorf("not a result: %w: %.200s", err, text)
	}
	set := 0
	for _, is := range []bool{l.Model != nil, l.Traces != nil, l.Mutant != nil, l.Problem != "", l.Summary != nil} {
		if is {
			set++
		}
	}
	if set != 1 || decoder.More() {
		return Line{}, fmt.Errorf("not one result: %.200s", text)
	}
	return l, nil
}

// Seconds returns d as the results have it, to the millisecond.
func Seconds(d time.Duration) float64 { return d.Round(time.Millisecond).Seconds() }
