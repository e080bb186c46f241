package model_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoff-go/handoff/model"
)

// These files restate module Inductive of the specification: the invariant that holds
// initially and that every step preserves, from any state in which it holds, reachable
// or not. TLC checks it for constants that are small enough to list all states; here
// it is checked for the model's steps and larger constants, from random states. See
// invariant_states_test.go for the states, invariant_steps_test.go for the steps,
// invariant_guarantees_test.go for what must hold of one step, and
// invariant_sample_test.go for the checks.

// variables are those of the specification. Instants count from 0, the last one is
// the Horizon, and the one after it is Never.
type variables struct {
	token       [most]standing
	handoff     [most]model.Outcome // "" is none
	end, since  [most]int
	consumed    [most]bool
	closed      bool
	now         int
	sweeping    int // never: no sweep is under way
	taken       [most]bool
	stats       model.Stats
	begun, left [most]int
}

// most is the largest number of tokens.
const most = 6

// standing is the status of a token.
type standing byte

const (
	fresh standing = iota
	live
	dead
)

// pending is the status of a handoff before it has an outcome.
const pending model.Outcome = "pending"

func outcomes() []model.Outcome {
	return []model.Outcome{model.Acknowledged, model.Expired, model.Abandoned}
}

func (v *variables) isIssued(t int) bool  { return v.token[t] == live && v.handoff[t] == "" }
func (v *variables) isPending(t int) bool { return v.handoff[t] == pending }
func (v *variables) isSettled(t int) bool { return v.handoff[t] != "" && v.handoff[t] != pending }

// conjunct is one line of the invariant, by name.
type conjunct struct {
	line  string // as in the module
	holds func(c constants, v *variables) bool
}

// invariant is IndInv, line by line.
func invariant() []conjunct {
	always := func(constants, *variables) bool { return true } // by its type
	each := func(holds func(c constants, v *variables, t int) bool) func(constants, *variables) bool {
		return func(c constants, v *variables) bool {
			for t := range c.Tokens {
				if !holds(c, v, t) {
					return false
				}
			}
			return true
		}
	}
	in := func(n, low, high int) bool { return low <= n && n <= high }
	return []conjunct{
		{`token \in [Tokens -> {"fresh", "live", "dead"}]`, always},
		{`Cardinality(Live) <= MaxPending`, func(c constants, v *variables) bool {
			return c.count(func(t int) bool { return v.token[t] == live }) <= uint64(c.MaxPending)
		}},
		{`handoff \in [Tokens -> {"none", "pending"} \cup Outcomes]`, always},
		{`\A t \in Tokens : Tied(t)`, each(tied)},
		{`end \in [Tokens -> 0..Never]`, each(func(c constants, v *variables, t int) bool { return in(v.end[t], 0, c.never()) })},
		{`since \in [Tokens -> Instants]`, each(func(c constants, v *variables, t int) bool { return in(v.since[t], 0, c.last()) })},
		{`\A t \in Tokens : Timed(t)`, each(timed)},
		{`consumed \in SUBSET {t \in Tokens : Pending(t)}`, each(func(_ constants, v *variables, t int) bool { return !v.consumed[t] || v.isPending(t) })},
		{`closed \in BOOLEAN`, always},
		{`now \in Instants`, func(c constants, v *variables) bool { return in(v.now, 0, c.last()) }},
		{`sweeping \in Instants \cup {NoSweep}`, func(c constants, v *variables) bool { return in(v.sweeping, 0, c.never()) }},
		{`taken \in SUBSET {t \in Tokens : token[t] = "dead" /\ sweeping # NoSweep}`, each(func(c constants, v *variables, t int) bool {
			return !v.taken[t] || v.token[t] == dead && v.sweeping != c.never()
		})},
		{`stats = [c \in Counters |-> Tally(c)]`, func(c constants, v *variables) bool { return v.stats == c.tally(v) }},
		{`begun = [t \in Tokens |-> IF handoff[t] = "none" THEN 0 ELSE 1]`, each(func(_ constants, v *variables, t int) bool { return v.begun[t] == one(v.handoff[t] != "") })},
		{`left = [t \in Tokens |-> IF handoff[t] \in Outcomes THEN 1 ELSE 0]`, each(func(_ constants, v *variables, t int) bool { return v.left[t] == one(v.isSettled(t)) })},
	}
}

func tied(_ constants, v *variables, t int) bool {
	switch v.token[t] {
	case fresh:
		return v.handoff[t] == ""
	case live:
		return v.handoff[t] == "" || v.handoff[t] == pending
	default:
		return v.handoff[t] != pending
	}
}

func timed(c constants, v *variables, t int) bool {
	if v.token[t] != live && v.end[t] != 0 || v.isIssued(t) && v.end[t] == 0 {
		return false
	}
	if v.isPending(t) {
		return v.since[t] < v.end[t] && v.end[t] <= c.plus(v.since[t], c.AckDeadline)
	}
	return v.since[t] == 0
}

// constants are those of the specification, and the sums of its instants.
type constants struct{ model.Constants }

func (c constants) last() int  { return int(c.Horizon) }
func (c constants) never() int { return int(c.Horizon) + 1 }

func (c constants) plus(n int, d model.Instant) int { return min(n+int(d), c.never()) }

func (c constants) count(is func(t int) bool) (n uint64) {
	for t := range c.Tokens {
		if is(t) {
			n++
		}
	}
	return n
}

// tally is the values that the counters must have.
func (c constants) tally(v *variables) model.Stats {
	with := func(o model.Outcome) uint64 { return c.count(func(t int) bool { return v.handoff[t] == o }) }
	return model.Stats{
		Issued:       c.count(func(t int) bool { return v.token[t] != fresh }),
		Revoked:      c.count(func(t int) bool { return v.token[t] == dead }),
		Registered:   c.count(func(t int) bool { return v.handoff[t] != "" }),
		Acknowledged: with(model.Acknowledged), Expired: with(model.Expired), Abandoned: with(model.Abandoned),
	}
}

func one(is bool) int {
	if is {
		return 1
	}
	return 0
}

// The lines are those of the module, in its order: if one is added, removed or renamed
// there, it must be here. That they mean the same is shown by the number of states.
func TestTheInvariantIsTheSpecifications(t *testing.T) {
	_, text, found := strings.Cut(specification(t, "Inductive.tla"), "\nIndInv ==\n")
	require.True(t, found)
	text, _, _ = strings.Cut(text, "\n\n")
	var lines []string
	for _, m := range regexp.MustCompile(`(?m)^  /\\ (.*)$`).FindAllStringSubmatch(text, -1) {
		lines = append(lines, m[1])
	}
	var want []string
	for _, c := range invariant() {
		want = append(want, c.line)
	}
	require.Equal(t, want, lines)
}

func specification(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile("../spec/" + name)
	require.NoError(t, err)
	return string(text)
}
