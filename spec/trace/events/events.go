// Package events holds what a registry did as plain values, as text, and as the
// model judges it: the form in which a trace is checked against the
// specification.
package events

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/handoff-go/handoff/registry"
)

// Instant is a moment in nanoseconds since the earliest of its trace, or None.
type Instant int64

// None stands for no instant: the step was handed none, there was no record, or
// its end never comes.
const None Instant = math.MinInt64

// OK is the answer of a step that was not refused.
const OK = "ok"

// Event is one step of a registry, as [registry.Event] tells it. It is a value;
// the zero Event names no step.
type Event struct {
	Op        string  // one of the registry's Op constants
	Ref       int     // names the token, from 1; 0: none, or the zero one
	Presented int     // Consume: names the token presented, as Ref does
	Now       Instant // the instant handed in, or None
	End       Instant // when the record ends or would have ended, or None
	State     string  // what a handoff came to, as fsm.State prints it; "": none did
	Answer    string  // OK, or the name of the error
}

// Trace is what one registry did, and the options that decide what it may do.
type Trace struct {
	Name        string        // one word
	AckDeadline time.Duration // > 0; half a century or more: deadlines never come
	TokenTTL    time.Duration // >= AckDeadline; the same
	MaxPending  int           // > 0
	Events      []Event       // in the order of effect
}

// Endless is the duration from which on a deadline is taken never to come. (The
// registry says so of ends 146 years away from it.)
const Endless = time.Duration(1 << 61)

// Record makes a trace of the events of one registry, which may come in any
// order. Of the options the deadlines and MaxPending are used, and must be set.
// It returns an error if an event is missing or has an answer without a name.
func Record(name string, o registry.Options, all []registry.Event) (Trace, error) {
	all = slices.SortedFunc(slices.Values(all), func(a, b registry.Event) int { return cmp.Compare(a.Seq, b.Seq) })
	t := Trace{Name: name, AckDeadline: o.AckDeadline, TokenTTL: o.TokenTTL, MaxPending: o.MaxPending}
	start := earliest(all)
	refs := map[uint64]int{0: 0}
	for i, e := range all {
		if e.Seq != uint64(i+1) {
			return Trace{}, fmt.Errorf("event %d is missing", i+1)
		}
		answer, err := answerOf(e.Err)
		if err != nil {
			return Trace{}, fmt.Errorf("event %d, %s: %w", e.Seq, e.Op, err)
		}
		step := Event{Op: e.Op, Ref: number(refs, e.Ref), Presented: number(refs, e.Presented),
			Now: since(start, e.Now), End: since(start, e.End), Answer: answer}
		if e.State != 0 {
			step.State = e.State.String()
		}
		t.Events = append(t.Events, step)
	}
	return t, t.check()
}

func earliest(all []registry.Event) time.Time {
	var start time.Time
	for _, e := range all {
		for _, at := range []time.Time{e.Now, e.End} {
			if !at.IsZero() && (start.IsZero() || at.Before(start)) {
				start = at
			}
		}
	}
	return start
}

func since(start, at time.Time) Instant {
	if at.IsZero() {
		return None
	}
	return Instant(at.Sub(start))
}

func number(refs map[uint64]int, ref uint64) int {
	n, known := refs[ref]
	if !known {
		n = len(refs)
		refs[ref] = n
	}
	return n
}

// answerOf names the answer that an error is.
func answerOf(err error) (string, error) {
	var late *registry.DeadlineError
	switch {
	case err == nil:
		return OK, nil
	case errors.As(err, &late):
		return "DeadlineError", nil
	}
	for name, sentinel := range map[string]error{
		"ErrNotPending": registry.ErrNotPending, "ErrAlreadyPending": registry.ErrAlreadyPending,
		"ErrTokenNotLive": registry.ErrTokenNotLive, "ErrTokenExpired": registry.ErrTokenExpired,
		"ErrTokenMismatch": registry.ErrTokenMismatch, "ErrFull": registry.ErrFull,
		"ErrCollision": registry.ErrCollision, "ErrClosed": registry.ErrClosed,
	} {
		if errors.Is(err, sentinel) {
			return name, nil
		}
	}
	return "", fmt.Errorf("its answer has no name: %w", err)
}

// Refs returns the largest number that names a token in the events.
func Refs(all []Event) int {
	n := 0
	for _, e := range all {
		n = max(n, e.Ref, e.Presented)
	}
	return n
}

// check returns an error unless the trace is one that could be of a registry at
// all, whatever it did.
func (t *Trace) check() error {
	switch {
	case t.AckDeadline <= 0 || t.TokenTTL < t.AckDeadline || t.MaxPending <= 0:
		return fmt.Errorf("trace %q: ack=%v ttl=%v max=%d are no options of a registry", t.Name, t.AckDeadline, t.TokenTTL, t.MaxPending)
	case t.Name == "":
		return errors.New("a trace has no name")
	}
	return nil
}
