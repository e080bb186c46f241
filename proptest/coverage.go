package proptest

import (
	"fmt"
	"strings"
)

// Case is an operation and an answer that it can have.
type Case struct {
	Op     string // its name, as in [Registry], or Fill or Thin: see [Assemble]
	Answer string // "ok" or the name of the error, with its cause if there are several
}

// Coverage counts how often each operation had each answer. The counts add up to the number of
// steps: Fill and Thin count as one each, and calls that the checks make on their own do not
// count.
type Coverage map[Case]int

// Cases returns every case, grouped by operation. An answer that has several causes, or that
// leaves different things behind, is several cases.
func Cases() []Case {
	var cases []Case
	for _, line := range []string{
		"Issue: ok, ok after a collision, ok after making room, ok and reissued, ErrFull, ErrCollision, ErrClosed, random source failed",
		"Register: ok, ok and clipped, ErrTokenNotLive, ErrAlreadyPending, ErrTokenExpired, ErrClosed",
		"Begin: ok, ok after a collision, ok after making room, ok and reissued, ErrFull, ErrCollision, ErrClosed, random source failed",
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

// String returns the counts as a table, with one line for each case, and its share of the
// operation's calls.
func (c Coverage) String() string {
	var b strings.Builder
	for _, k := range Cases() {
		fmt.Fprintf(&b, "%-14s %-30s %9d %6.2f %%\n", k.Op, k.Answer, c[k], 100*float64(c[k])/float64(max(1, c.calls(k.Op))))
	}
	return b.String()
}
