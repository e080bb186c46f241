package model_test

import (
	"maps"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoff-go/handoff/model"
)

// stepMutant is a wrong step, and the line or claim that it must break.
type stepMutant struct {
	breaks string
	twist  twist
}

func with(s model.State, t model.Token, r model.Record) model.State {
	s.Records = maps.Clone(s.Records)
	s.Records[t] = r
	return s
}

// stepMutants are named after what they do.
func stepMutants() map[string]stepMutant {
	on := func(name string, verdict model.Verdict, change func(t model.Token, before, after model.State, a *model.Answer) model.State) twist {
		return func(m move, t model.Token, before, after model.State, a model.Answer) (model.State, model.Answer) {
			if m.name == name && a.Verdict == verdict {
				after = change(t, before, after, &a)
			}
			return after, a
		}
	}
	return map[string]stepMutant{
		"there is room for one more": {capacityLine, on("Begin", model.Full, func(t model.Token, before, s model.State, a *model.Answer) model.State {
			before.Options.MaxPending++
			next, answer := before.Begin(model.Backend{}, model.Never-2, t)
			next.Options.MaxPending--
			*a = answer
			return next
		})},
		"a handoff leaves without a word": {tiedLine, on("Abandon", model.OK, func(_ model.Token, _, s model.State, a *model.Answer) model.State {
			a.Exits = nil
			return s
		})},
		"a late ACK keeps the token": {tiedLine, on("Acknowledge", model.DeadlineReached, func(t model.Token, before, s model.State, a *model.Answer) model.State {
			r := before.Records[t]
			r.Pending, r.End = false, r.TokenEnd
			return with(s, t, r)
		})},
		"an ACK forgets its handoff, and may come again": {tiedLine, on("Acknowledge", model.OK, func(t model.Token, before, s model.State, a *model.Answer) model.State {
			return with(s, t, before.Records[t])
		})},
		"a handoff is pending for longer than it may": {timedLine, on("Begin", model.OK, func(t model.Token, _, s model.State, _ *model.Answer) model.State {
			r := s.Records[t]
			r.End = r.TokenEnd
			return with(s, t, r)
		})},
		"what was issued is consumed and lives": {consumedLine, on("Consume", model.OK, func(t model.Token, before, s model.State, _ *model.Answer) model.State {
			if r := before.Records[t]; !r.Pending {
				r.Consumed = true
				return with(s, t, r)
			}
			return s
		})},
		"an expiry is not counted": {statsLine, on("Expire", model.OK, func(_ model.Token, _, s model.State, _ *model.Answer) model.State {
			s.Stats.Expired--
			return s
		})},
		"what is abandoned counts as expired": {statsLine, on("CloseOne", model.OK, func(_ model.Token, before, s model.State, _ *model.Answer) model.State {
			if s.Stats.Abandoned > before.Stats.Abandoned {
				s.Stats.Abandoned--
				s.Stats.Expired++
			}
			return s
		})},
		"a handoff is registered twice": {begunLine, on("Register", model.AlreadyPending, func(_ model.Token, _, s model.State, a *model.Answer) model.State {
			a.Verdict = model.OK
			return s
		})},
		"a sweep tells of a handoff twice": {leftLine, on("SweepOne", model.OK, func(_ model.Token, _, s model.State, a *model.Answer) model.State {
			a.Exits = append(a.Exits, a.Exits...)
			return s
		})},
		"a second Register moves the deadline": {"EndIsKept", on("Register", model.AlreadyPending, func(t model.Token, before, s model.State, _ *model.Answer) model.State {
			r := before.Records[t]
			if r.End++; r.End > model.Never || r.End > r.Since.Add(before.Options.AckDeadline) {
				return s
			}
			r.TokenEnd = r.End
			return with(s, t, r)
		})},
		"an ACK at its deadline is in time": {"LeavesInTime", on("Acknowledge", model.DeadlineReached, func(t model.Token, before, s model.State, a *model.Answer) model.State {
			next, answer := before.Acknowledge(t, before.Records[t].Since)
			*a = answer
			return next
		})},
		"Expire does not ask for the time": {"LeavesInTime", on("Expire", model.None, func(t model.Token, before, s model.State, a *model.Answer) model.State {
			next, answer := before.Expire(t, model.Never-1)
			*a = answer
			return next
		})},
		"a token lives for less": {"EndIsTrueSum", on("Issue", model.OK, func(t model.Token, _, s model.State, _ *model.Answer) model.State {
			r := s.Records[t]
			r.End--
			r.TokenEnd--
			return with(s, t, r)
		})},
		"Close opens again": {"ClosedForGood", on("Close", model.None, func(_ model.Token, _, s model.State, _ *model.Answer) model.State {
			s.Closed = false
			return s
		})},
		"Register does not look at the token's end": {"EndNeverRises", on("Register", model.OK, func(t model.Token, _, s model.State, _ *model.Answer) model.State {
			r := s.Records[t]
			r.End = r.Since.Add(s.Options.AckDeadline)
			r.TokenEnd = max(r.End, r.TokenEnd)
			return with(s, t, r)
		})},
	}
}

// The lines that a step can break. The others hold by the types of the variables, or
// are about the sweep, whose steps are the test's own.
const (
	capacityLine = `Cardinality(Live) <= MaxPending`
	tiedLine     = `\A t \in Tokens : Tied(t)`
	timedLine    = `\A t \in Tokens : Timed(t)`
	consumedLine = `consumed \in SUBSET {t \in Tokens : Pending(t)}`
	statsLine    = `stats = [c \in Counters |-> Tally(c)]`
	begunLine    = `begun = [t \in Tokens |-> IF handoff[t] = "none" THEN 0 ELSE 1]`
	leftLine     = `left = [t \in Tokens |-> IF handoff[t] \in Outcomes THEN 1 ELSE 0]`
)

// Each wrong step is found by the line or the claim that is there for it: by a line
// even if the claims are not checked.
func TestAWrongStepIsFoundFromStatesDrawn(t *testing.T) {
	isLine, found := map[string]bool{}, map[string]bool{}
	for _, line := range invariant() {
		isLine[line.line] = true
	}
	for name, mutant := range stepMutants() {
		k := newChecker(larger()["some room"], mutant.twist)
		if isLine[mutant.breaks] {
			k.claims = nil
		}
		broke, how := k.sample(1, 5000)
		require.Equal(t, mutant.breaks, broke, "%s: %s", name, how)
		t.Logf("%s: after %d steps", name, k.steps)
		found[mutant.breaks] = true
	}
	for _, line := range []string{capacityLine, tiedLine, timedLine, consumedLine, statsLine, begunLine, leftLine} {
		require.True(t, isLine[line] && found[line], line)
	}
}

// In a state that violates one line, that line is reported, and no other.
func TestEachLineOfTheInvariantCanBreak(t *testing.T) {
	c := larger()["some room"]
	for line, spoil := range map[string]func(v *variables){
		capacityLine: func(v *variables) {
			for t := range most {
				v.put(t, part{token: live, end: 1})
			}
		},
		tiedLine:                               func(v *variables) { v.put(0, part{token: fresh, handoff: pending, end: 0}) },
		timedLine:                              func(v *variables) { v.put(0, part{token: live, handoff: pending, since: 3, end: 3}) },
		consumedLine:                           func(v *variables) { v.consumed[0] = true },
		statsLine:                              func(v *variables) { v.stats.Revoked++ },
		begunLine:                              func(v *variables) { v.begun[1]++ },
		leftLine:                               func(v *variables) { v.left[1]++ },
		`end \in [Tokens -> 0..Never]`:         func(v *variables) { v.end[0] = c.never() + 1 },
		`since \in [Tokens -> Instants]`:       func(v *variables) { v.since[0] = c.never() },
		`now \in Instants`:                     func(v *variables) { v.now = c.never() },
		`sweeping \in Instants \cup {NoSweep}`: func(v *variables) { v.sweeping = -1 },
		`taken \in SUBSET {t \in Tokens : token[t] = "dead" /\ sweeping # NoSweep}`: func(v *variables) { v.taken[0] = true },
	} {
		v := variables{sweeping: c.never()}
		require.Empty(t, broken(c, invariant(), &v))
		spoil(&v)
		if line != statsLine && line != begunLine && line != leftLine {
			c.derive(&v)
		}
		require.Equal(t, line, broken(c, invariant(), &v))
	}
}
