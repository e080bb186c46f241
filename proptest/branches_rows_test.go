package proptest_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// row is a branch of the specification: an answer of an operation, once for each guard that gives
// it, or one side of an operator that decides.
type row struct {
	name   string // an answer's is its name in module Witness
	of     string // the operation, or the operator
	answer string // as in module Answers; for an operator, the side
	step   string // the action of HandoffAck that takes this branch; "": none does
}

// rows returns all branches. The tests in this file compare them with the modules.
func rows() []row {
	var all []row
	for _, line := range []string{
		"Issue: Ok ok Issue, Drop Drop Drop, Full ErrFull -, Collision ErrCollision -, Closed ErrClosed -",
		"Begin: Ok ok Begin, Drop Drop Drop, Full ErrFull -, Collision ErrCollision -, Closed ErrClosed -",
		"Register: Ok ok Register, NotLive ErrTokenNotLive -, Pending ErrAlreadyPending -, Expired ErrTokenExpired Register, Closed ErrClosed -",
		"Consume: PendingOk ok Consume, PendingExpired ErrTokenExpired Consume, IssuedOk ok Consume, IssuedExpired ErrTokenExpired Consume, " +
			"Consumed ErrTokenNotLive -, NotLive ErrTokenNotLive -, Mismatch ErrTokenMismatch -, Closed ErrClosed -",
		"Acknowledge: Ok ok Acknowledge, Late DeadlineError Acknowledge, NotPending ErrNotPending -, Closed ErrClosed -",
		"Abandon: Ok ok Abandon, Revoked revoked Abandon, None none -",
		"Expire: Ok ok Expire, None none -",
		"Drop: Ok ok Drop, None none -",
		"Sweep: Idle idle StartSweep, Expires more SweepOne, Drops more SweepOne, Ok ok Sweep, CutShort ok Sweep",
		"Close: Ok ok Close, None none -",
		"CloseOne: Abandons - CloseOne, Revokes - CloseOne",
	} {
		of, answers, _ := strings.Cut(line, ": ")
		for _, answer := range strings.Split(answers, ", ") {
			f := strings.Fields(answer)
			all = append(all, row{of + f[0], of, strings.Trim(f[1], "-"), strings.Trim(f[2], "-")})
		}
	}
	for _, line := range []string{
		"Over: Never the end is never, Before one instant before the end, At at the end, After after the end",
		"Plus: Sum the sum, Never beyond the last instant",
		"Earlier: First the deadline, Second the token's end",
		"Waited: Since the time since Register, Zero the clock stepped back",
		"NextDeadline: Never none, Some an end",
	} {
		of, sides, _ := strings.Cut(line, ": ")
		for _, side := range strings.Split(sides, ", ") {
			name, what, _ := strings.Cut(side, " ")
			all = append(all, row{name: of + name, of: of, answer: what})
		}
	}
	return all
}

// uncovered returns the branches that the code cannot take, and why. There are none.
func uncovered() map[string]string { return map[string]string{} }

func module(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile("../spec/" + name)
	require.NoError(t, err)
	return regexp.MustCompile(`(?m)\\\*.*$|^\(\*.*\*\)$`).ReplaceAllString(string(text), "")
}

// operators returns the bodies of a module's definitions.
func operators(text string) map[string]string {
	all := map[string]string{}
	heads := regexp.MustCompile(`(?m)^(\w+)(?:\([^)]*\))?\s*==`).FindAllStringSubmatchIndex(text, -1)
	for i, h := range heads {
		until := len(text)
		if i+1 < len(heads) {
			until = heads[i+1][0]
		}
		body, _, _ := strings.Cut(text[h[1]:until], "\n---")
		all[text[h[2]:h[3]]] = body
	}
	return all
}

// The rows of answers are exactly those that TLC is asked to reach.
func TestBranchRowsAreTheWitnesses(t *testing.T) {
	var want, have []string
	for name := range operators(module(t, "Witness.tla")) {
		if name, never := strings.CutPrefix(name, "Never"); never {
			want = append(want, name)
		}
	}
	for _, r := range rows() {
		if !deciding()[r.of] {
			have = append(have, r.name)
		}
	}
	slices.Sort(want)
	slices.Sort(have)
	require.Equal(t, want, have)
}

// deciding returns the operators that decide something and are no answer of an operation.
func deciding() map[string]bool {
	return map[string]bool{"Over": true, "Plus": true, "Earlier": true, "Waited": true, "NextDeadline": true}
}

// Every answer of an operation in module Answers has a row.
func TestBranchRowsHaveEveryAnswer(t *testing.T) {
	all := operators(module(t, "Answers.tla"))
	require.Equal(t, "IssueAnswer(t, n)", strings.TrimSpace(all["BeginAnswer"]))
	all["BeginAnswer"] = all["IssueAnswer"]
	answers := 0
	for name, body := range all {
		op, is := strings.CutSuffix(name, "Answer")
		if !is {
			continue
		}
		var want, have []string
		for _, m := range regexp.MustCompile(`(?:THEN|ELSE)\s+"(\w+)"`).FindAllStringSubmatch(body, -1) {
			want = append(want, m[1])
		}
		for _, r := range rows() {
			if r.of == op {
				have = append(have, r.answer)
			}
		}
		slices.Sort(want)
		slices.Sort(have)
		require.Equal(t, slices.Compact(want), slices.Compact(have), name)
		answers += len(have)
	}
	require.Greater(t, answers, 35)
}

// Every action of Next has a row.
func TestBranchRowsHaveEveryAction(t *testing.T) {
	body := operators(module(t, "HandoffAck.tla"))["Next"]
	var want, have []string
	for _, m := range regexp.MustCompile(`[/:] *([A-Z]\w+)(?:\([^)]*\))?`).FindAllStringSubmatch(body, -1) {
		want = append(want, m[1])
	}
	for _, r := range rows() {
		if r.step != "" {
			have = append(have, r.step)
		}
	}
	slices.Sort(want)
	slices.Sort(have)
	require.Equal(t, slices.Compact(want), slices.Compact(have))
}

// Every operator that decides something and is no answer of an operation has rows, except those
// that only count.
func TestBranchRowsHaveEveryDecision(t *testing.T) {
	decides := map[string]bool{"Over": true} // which has no IF
	for _, name := range []string{"Answers.tla", "HandoffAck.tla"} {
		for name, body := range operators(module(t, name)) {
			if strings.Contains(body, "IF ") && !strings.HasSuffix(name, "Answer") {
				decides[name] = true
			}
		}
	}
	delete(decides, "Count") // which of the counters goes up
	delete(decides, "Life")  // the refinement mapping to module Handoff
	require.Equal(t, deciding(), decides)
}
