package proptest

import (
	"fmt"
	"strings"

	"github.com/handoff-go/handoff/model"
)

// Case is an operation and an answer that it can have.
type Case struct {
	Op     string // its name, as in [Registry]
	Answer string // "ok", or the name of the error, with what else tells it from others
}

// Coverage counts how often each operation met each answer, which comes to the
// number of steps. Fill and Thin count as one, whatever they are made of, and the
// calls that the checks make on their own do not count.
type Coverage map[Case]int

// Cases returns every case there is, each operation's together. Where an answer
// has several causes, or leaves different things behind, each is a case.
func Cases() []Case {
	var cases []Case
	for _, line := range []string{
		"Issue: ok, ok after a collision, ok after making room, a dead token lives again, ErrFull, ErrCollision, ErrClosed, random source failed",
		"Register: ok, ok and clipped, ErrTokenNotLive, ErrAlreadyPending, ErrTokenExpired, ErrClosed",
		"Begin: ok, ok after a collision, ok after making room, a dead token lives again, ErrFull, ErrCollision, ErrClosed, random source failed",
		"Consume: ok and pending, ok and revoked, ErrTokenNotLive, ErrTokenNotLive as consumed, ErrTokenExpired and expired, ErrTokenExpired and revoked, ErrTokenMismatch, ErrClosed",
		"Acknowledge: ok, ErrNotPending, ErrNotPending as only issued, DeadlineError, ErrClosed",
		"Abandon: ok, revoked, none, closed",
		"Expire: ok, not yet, not pending, closed",
		"ExpireOverdue: expired, expired and dropped, dropped, none, closed",
		"Close: abandoned, none, again",
		"Fill: done",
		"Thin: done",
	} {
		op, answers, _ := strings.Cut(line, ": ")
		for _, answer := range strings.Split(answers, ", ") {
			cases = append(cases, Case{op, answer})
		}
	}
	return cases
}

func (c Coverage) add(op, answer string) { c[Case{op, answer}]++ }

// calls returns how often an operation was called.
func (c Coverage) calls(op string) int {
	n := 0
	for k, hits := range c {
		if k.Op == op {
			n += hits
		}
	}
	return n
}

// String returns the counts as a table, a line an answer, with its share of the
// operation's calls.
func (c Coverage) String() string {
	var b strings.Builder
	for _, k := range Cases() {
		fmt.Fprintf(&b, "%-14s %-30s %9d %6.2f %%\n", k.Op, k.Answer, c[k], 100*float64(c[k])/float64(max(1, c.calls(k.Op))))
	}
	return b.String()
}

// kind names what the last call met.
func (s *sequence) kind(want model.Answer) string {
	r := s.before.Records[s.call.token.Bytes()]
	_, live := s.record(s.call.token)
	ended := len(s.before.Records) - len(s.model.Records)
	verdict := string(want.Verdict)
	if s.before.Closed {
		return s.kindClosed(verdict)
	}
	switch s.call.op {
	case "Issue", "Begin":
		return s.kindBegun(want)
	case "Register":
		if end := s.at(s.call.now).Add(s.model.Options.AckDeadline); verdict == "ok" && end > r.End {
			return "ok and clipped"
		}
	case "Consume":
		return kindConsumed(verdict, r, live)
	case "Acknowledge":
		if want.Verdict == model.NotPending && live {
			return "ErrNotPending as only issued"
		}
	case "Abandon":
		if verdict == "none" && ended > 0 {
			return "revoked"
		}
	case "Expire":
		switch {
		case verdict == "none" && r.Pending:
			return "not yet"
		case verdict == "none":
			return "not pending"
		}
	case "ExpireOverdue", "Close":
		return kindSwept(s.call.op, len(want.Exits), ended)
	}
	return verdict
}

func (s *sequence) kindClosed(verdict string) string {
	switch s.call.op {
	case "Close":
		return "again"
	case "Abandon", "Expire", "ExpireOverdue":
		return "closed"
	}
	return verdict
}

func (s *sequence) kindBegun(want model.Answer) string {
	switch {
	case want.Verdict != model.OK:
		return string(want.Verdict)
	case s.before.Tokens() == s.model.Options.MaxPending:
		return "ok after making room"
	case want.Draws > 1:
		return "ok after a collision"
	case s.relived:
		return "a dead token lives again"
	}
	return "ok"
}

func kindConsumed(verdict string, r model.Record, live bool) string {
	switch {
	case verdict == "ok" && r.Pending:
		return "ok and pending"
	case verdict == "ok":
		return "ok and revoked"
	case verdict == "ErrTokenNotLive" && r.Consumed:
		return "ErrTokenNotLive as consumed"
	case verdict == "ErrTokenExpired" && r.Pending:
		return "ErrTokenExpired and expired"
	case verdict == "ErrTokenExpired":
		return "ErrTokenExpired and revoked"
	}
	return verdict
}

func kindSwept(op string, exits, ended int) string {
	switch {
	case op == "Close" && exits > 0:
		return "abandoned"
	case op == "Close":
		return "none"
	case exits > 0 && ended > exits:
		return "expired and dropped"
	case exits > 0:
		return "expired"
	case ended > 0:
		return "dropped"
	}
	return "none"
}
