package sequence

import (
	"fmt"
	"strings"
	"time"

	"github.com/handoff-go/handoff/proptest/internal/contract"
	"github.com/handoff-go/handoff/registry"
)

// Fail ends the sequence, with the call in progress and a message. Both name times by their
// distance to the base and tokens by number, so that they are the same when the sequence is
// repeated: rapid takes a different message for a different failure.
func (s *Sequence) Fail(format string, args ...any) {
	s.t.Helper()
	s.t.Fatalf("%v: %s", description{s, s.call}, fmt.Sprintf(format, args...))
}

// description is a call in words, made only when it is printed.
type description struct {
	s *Sequence
	c call
}

// String returns the call with its arguments.
func (d description) String() string {
	var args []string
	switch d.c.op {
	case "":
		return "before the first call"
	case "Register", "Consume", "Acknowledge", "Abandon", "Expire":
		args = append(args, d.s.tokenName(d.c.token))
	}
	if d.c.op == "Consume" {
		args = append(args, d.s.tokenName(d.c.presented))
	}
	if d.c.op == "Begin" || d.c.op == "Register" {
		args = append(args, d.c.backend.String())
	}
	if d.c.op != "Close" && d.c.op != "Abandon" {
		args = append(args, d.s.timeName(d.c.now))
	}
	return d.c.op + "(" + strings.Join(args, ", ") + ")"
}

func (s *Sequence) tokenName(t registry.Token) string {
	if t.IsZero() {
		return "the zero token"
	}
	if n, known := s.numbers[t]; known {
		return fmt.Sprintf("token %d", n)
	}
	return "a foreign token"
}

func (s *Sequence) timeName(t time.Time) string {
	switch {
	case t.IsZero():
		return "the zero time"
	case t.Year() == 9999:
		return "year 9999"
	}
	return fmt.Sprintf("base%+dns", int64(t.Sub(s.base)))
}

// errorName returns the text of an error, except for a DeadlineError: its text has a time.
func (s *Sequence) errorName(err error) string {
	if late := contract.DeadlineError(err); late != nil {
		return fmt.Sprintf("a DeadlineError, %v late", late.Late)
	}
	return fmt.Sprint(err)
}
