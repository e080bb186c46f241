package model_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoff-go/handoff/model"
)

func small(tokens int) constants {
	return constants{model.Constants{Tokens: tokens, MaxPending: 2, AckDeadline: 1, TokenTTL: 2, Horizon: 2}}
}

// statesOf returns how many distinct states TLC finds in a model.
func statesOf(t *testing.T, name string) int {
	var manifest struct {
		Models []struct {
			Name   string
			States int
		}
	}
	require.NoError(t, json.Unmarshal([]byte(specification(t, "manifest.json")), &manifest))
	for _, m := range manifest.Models {
		if m.Name == name {
			return m.States
		}
	}
	require.Fail(t, "there is no such model", name)
	return 0
}

// Of all states with values of the right types, as many satisfy the invariant as TLC
// finds for the specification's. list makes the same number out of parts, so it omits
// none, also for constants with too many states to walk.
func TestTheInvariantHoldsWhereTLCSaysSo(t *testing.T) {
	c := small(2)
	lines := invariant()
	walked, satisfy := 0, 0
	c.walk(func(v *variables) {
		walked++
		if broken(c, lines, v) == "" {
			satisfy++
		}
	})
	t.Logf("%d of %d states", satisfy, walked)
	t.Attr("states", strconv.Itoa(walked))
	require.Equal(t, statesOf(t, "MCInductive"), satisfy)
	require.Greater(t, walked, 1000*satisfy)

	for name, c := range map[string]constants{"MCInductive": small(2), "MCInductiveLong": small(3)} {
		listed := 0
		c.list(func(v *variables) {
			listed++
			if line := broken(c, lines, v); line != "" {
				require.Empty(t, line, "%+v", v)
			}
		})
		require.Equal(t, statesOf(t, name), listed, name)
	}
}

// broken returns the first line that does not hold.
func broken(c constants, lines []conjunct, v *variables) string {
	for _, line := range lines {
		if !line.holds(c, v) {
			return line.line
		}
	}
	return ""
}

// twist makes a mutant of a step: it changes the result of a step.
type twist func(m move, t model.Token, before, after model.State, a model.Answer) (model.State, model.Answer)

// checker takes every step from a state, and finds what does not hold after it.
type checker struct {
	constants
	lines  []conjunct
	claims []claim
	twist  twist
	steps  int // how many were taken
	led    int // how many of them led elsewhere
}

func newChecker(c constants, twist twist) *checker {
	return &checker{constants: c, lines: invariant(), claims: claims(), twist: twist}
}

// from takes every step from v at the instants, and returns the first line or claim
// that does not hold after one, and that step.
func (k *checker) from(v *variables, instants []int) (name, how string) {
	s := k.state(v)
	k.moves(v, s, instants, func(m move) {
		if name != "" {
			return
		}
		next, a := m.take(s)
		if k.twist != nil {
			next, a = k.twist(m, k.Token(max(0, m.token)), s, next, a)
		}
		k.steps++
		if m.over == nil && a.Verdict != model.OK && len(a.Exits) == 0 && same(s, next) {
			return // refused, and nothing is reported
		}
		k.led++
		after := k.after(v, m, next, a)
		if name = k.wrong(v, &after, next); name != "" {
			how = fmt.Sprintf("%s of t%d at %d leads from %+v to %+v", m.name, m.token+1, m.now, *v, after)
		}
	})
	return name, how
}

func same(s, u model.State) bool {
	return s.Closed == u.Closed && s.Stats == u.Stats && maps.Equal(s.Records, u.Records)
}

func (k *checker) wrong(v, after *variables, s model.State) string {
	if line := broken(k.constants, k.lines, after); line != "" {
		return line
	}
	for _, claim := range k.claims {
		for t := range k.Tokens {
			if !claim.holds(k.constants, v, after, t) {
				return claim.name
			}
		}
	}
	if int(after.stats.Issued-after.stats.Revoked) != len(s.Records) {
		return "a record of no token"
	}
	for _, r := range s.Records {
		if r.End > r.TokenEnd || !r.Pending && r.End != r.TokenEnd {
			return "an end that is not the token's"
		}
	}
	return ""
}

// Every step from each of the states that TLC starts from.
func TestEveryStepKeepsTheInvariantWhereTLCSaysSo(t *testing.T) {
	k := newChecker(small(2), nil)
	k.list(func(v *variables) {
		if name, how := k.from(v, []int{0, 1, 2}); name != "" {
			require.Empty(t, name, how)
		}
	})
	t.Logf("%d steps, %d of which led elsewhere", k.steps, k.led)
	t.Attr("steps", strconv.Itoa(k.steps))
}

// larger are constants with more states than TLC can list.
func larger() map[string]constants {
	all := map[string]constants{}
	for name, c := range map[string]model.Constants{
		"some room":       {Tokens: 6, MaxPending: 5, AckDeadline: 7, TokenTTL: 11, Horizon: 50},
		"room for all":    {Tokens: 6, MaxPending: 6, AckDeadline: 1, TokenTTL: 50, Horizon: 50},
		"room for one":    {Tokens: 5, MaxPending: 1, AckDeadline: 3, TokenTTL: 3, Horizon: 20},
		"ends are never":  {Tokens: 6, MaxPending: 4, AckDeadline: 40, TokenTTL: 49, Horizon: 50},
		"a short horizon": {Tokens: 6, MaxPending: 3, AckDeadline: 1, TokenTTL: 2, Horizon: 3},
	} {
		all[name] = constants{c}
	}
	return all
}

// sample draws n states, and takes every step from each at one instant: at one of
// their ends, just before it, or anywhere.
func (k *checker) sample(seed uint64, n int) (name, how string) {
	u := newUrn(k.constants, seed)
	for range n {
		v := u.draw()
		at := u.rand.IntN(k.last() + 1)
		if around := v.end[u.rand.IntN(k.Tokens)] - u.rand.IntN(2); 0 <= around && around <= k.last() {
			at = around
		}
		if line := broken(k.constants, k.lines, &v); line != "" {
			return line, "it was drawn so"
		}
		if name, how = k.from(&v, []int{at}); name != "" {
			return name, how
		}
	}
	return "", ""
}

// A hundred thousand generated states, most of which take many steps to reach: every
// step from each preserves the invariant and satisfies the claims.
func TestEveryStepKeepsTheInvariantFromStatesDrawn(t *testing.T) {
	const states = 110_000
	for _, name := range slices.Sorted(maps.Keys(larger())) {
		k := newChecker(larger()[name], nil)
		n := states / len(larger())
		if testing.Short() {
			n /= 10
		}
		broke, how := k.sample(uint64(len(name)), n)
		require.Empty(t, broke, "%s: %s", name, how)
		t.Logf("%s: %d states, %d steps, %d of which led elsewhere", name, n, k.steps, k.led)
		t.Attr("states", strconv.Itoa(n))
		t.Attr("steps", strconv.Itoa(k.steps))
		require.Greater(t, k.led, 4*n)
	}
}
