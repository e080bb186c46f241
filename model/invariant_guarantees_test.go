package model_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// claim is what must hold of one step, from any state in which the invariant holds.
type claim struct {
	name  string // as in module Guarantees
	holds func(c constants, v, next *variables, t int) bool
}

// claims are the definitions of module Guarantees about a step.
func claims() []claim {
	return []claim{
		{"OutcomeIsFinal", func(_ constants, v, next *variables, t int) bool {
			return (!v.isSettled(t) || next.handoff[t] == v.handoff[t]) &&
				(!next.isSettled(t) || v.isSettled(t) || v.isPending(t))
		}},
		{"ClosedForGood", func(_ constants, v, next *variables, _ int) bool { return !v.closed || next.closed }},
		{"DeadStaysDead", func(_ constants, v, next *variables, t int) bool { return v.token[t] != dead || next.token[t] == dead }},
		{"LeavesInTime", func(_ constants, v, next *variables, t int) bool {
			left := v.isPending(t) && !next.isPending(t)
			return !left || (next.handoff[t] != "acknowledged" || next.now < v.end[t]) && (next.handoff[t] != "expired" || next.now >= v.end[t])
		}},
		{"EndIsKept", func(_ constants, v, next *variables, t int) bool {
			return !v.isPending(t) || !next.isPending(t) || next.end[t] == v.end[t]
		}},
		{"PendsUnderLive", func(_ constants, v, next *variables, t int) bool {
			begins := !v.isPending(t) && next.isPending(t)
			return !begins || v.token[t] == live && next.now < v.end[t] || v.token[t] == fresh
		}},
		{"AcknowledgedUnderLive", func(_ constants, v, next *variables, t int) bool {
			now := next.handoff[t] == "acknowledged" && v.handoff[t] != "acknowledged"
			return !now || v.token[t] == live && next.now < v.end[t]
		}},
		{"EndNeverRises", func(_ constants, v, next *variables, t int) bool {
			return v.token[t] != live || next.token[t] != live || next.end[t] <= v.end[t]
		}},
		{"ConsumedInTime", func(_ constants, v, next *variables, t int) bool {
			return !next.consumed[t] || v.consumed[t] || v.token[t] == live && next.now < v.end[t]
		}},
		{"SweptClean", func(c constants, v, next *variables, t int) bool {
			ends := v.sweeping != c.never() && next.sweeping == c.never() && !v.closed
			return !ends || v.token[t] != live || v.sweeping < v.end[t]
		}},
		{"OldestFirst", func(c constants, v, next *variables, t int) bool {
			took := next.taken[t] && !v.taken[t]
			return !took || c.count(func(u int) bool { return v.token[u] == live && v.end[u] < v.end[t] }) == 0
		}},
		{"EndIsTrueSum", func(c constants, v, next *variables, t int) bool {
			ack, ttl := c.plus(next.now, c.AckDeadline), c.plus(next.now, c.TokenTTL)
			switch {
			case v.token[t] == fresh && next.isIssued(t):
				return next.end[t] == ttl
			case v.token[t] == fresh && next.isPending(t):
				return next.end[t] == ack
			case v.isIssued(t) && next.isPending(t):
				return next.end[t] == min(ack, v.end[t])
			}
			return true
		}},
	}
}

// The claims are exactly those of the module about a step.
func TestTheClaimsAreTheSpecifications(t *testing.T) {
	text := specification(t, "Guarantees.tla")
	text, _, _ = strings.Cut(text, "THEOREM")
	var want, have []string
	for _, m := range regexp.MustCompile(`(?m)^(\w+) ==\s+\[\]\[`).FindAllStringSubmatch(text, -1) {
		want = append(want, m[1])
	}
	for _, c := range claims() {
		have = append(have, c.name)
	}
	slices.Sort(want)
	slices.Sort(have)
	require.Equal(t, want, have)
}
