package proptest

import (
	"fmt"
	"strings"
	"time"

	"github.com/handoff-go/handoff/registry"
)

// description is a call in words, made only when it is read.
type description struct {
	s *sequence
	c call
}

// String returns the call with its arguments, tokens by number and times by
// their distance to the base.
func (d description) String() string {
	var args []string
	switch d.c.op {
	case "":
		return "at first"
	case "Register", "Consume", "Acknowledge", "Abandon", "Expire":
		args = append(args, d.s.name(d.c.token))
	}
	if d.c.op == "Consume" {
		args = append(args, d.s.name(d.c.presented))
	}
	if d.c.op == "Begin" || d.c.op == "Register" {
		args = append(args, d.c.backend.String())
	}
	if d.c.op != "Close" && d.c.op != "Abandon" {
		args = append(args, d.s.instantName(d.c.now))
	}
	return d.c.op + "(" + strings.Join(args, ", ") + ")"
}

// name returns a token's name in messages.
func (s *sequence) name(t registry.Token) string {
	if t.IsZero() {
		return "the zero token"
	}
	if n, known := s.numbers[t]; known {
		return fmt.Sprintf("token %d", n)
	}
	return "a foreign token"
}

// instantName returns a time's name in messages.
func (s *sequence) instantName(t time.Time) string {
	switch {
	case t.IsZero():
		return "the zero time"
	case t.Year() == 9999:
		return "year 9999"
	}
	return fmt.Sprintf("base%+dns", int64(t.Sub(s.base)))
}

// errorName returns an error's name in messages: its text, except for one that
// tells a time, which is not the same when the sequence is repeated.
func (s *sequence) errorName(err error) string {
	if late := asDeadlineError(err); late != nil {
		return fmt.Sprintf("a DeadlineError, %v late", late.Late)
	}
	return fmt.Sprint(err)
}
