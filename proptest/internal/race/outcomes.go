package race

import (
	"errors"
	"time"

	"pgregory.net/rapid"

	"github.com/handoff-go/handoff/fsm"
	"github.com/handoff-go/handoff/proptest/internal/contract"
	"github.com/handoff-go/handoff/proptest/internal/oracle"
	"github.com/handoff-go/handoff/registry"
)

// Outcome is what a caller was told: that its call ended the handoff of a token, and how.
type Outcome struct {
	Token registry.Token
	State fsm.State
}

// outcomes are the outcomes of each token that callers were told.
type outcomes map[registry.Token][]fsm.State

func (o outcomes) add(told ...Outcome) {
	for _, t := range told {
		o[t.Token] = append(o[t.Token], t.State)
	}
}

const (
	ackDeadline = 10 // of the registries in this package
	tokenTTL    = 20
)

// CheckOutcomes lets callers race to end the same handoffs, each in another way. One caller is
// told an outcome, OnExit is told the same one, and all other calls are refused. (G1)
func CheckOutcomes(t rapid.TB, f contract.Factory, rounds int) {
	t.Helper()
	EachSeed(t, f, 0, rounds, raceToEnd)
}

func raceToEnd(r *Run) {
	r.Open(registry.Options{AckDeadline: ackDeadline, TokenTTL: tokenTTL, MaxPending: 4})
	var tokens []registry.Token
	for i := range 1 + r.Rand.IntN(2) {
		t, err := r.Registry.Begin(contract.SampleBackend(i), r.at(0))
		if err != nil {
			r.T.Fatalf("Begin: %v", err)
		}
		tokens = append(tokens, t)
	}
	const callers = 12
	told := make([][]Outcome, callers)
	var all []func()
	for i := range callers {
		how, t, late := r.Rand.IntN(ways), tokens[r.Rand.IntN(len(tokens))], r.Rand.IntN(2)
		all = append(all, func() { told[i] = r.end(how, t, ackDeadline-1+late) })
	}
	Together(all...)
	got := outcomes{}
	for _, t := range told {
		got.add(t...)
	}
	got.add(abandoned(r.Registry.Close())...)
	for i, t := range tokens {
		if len(got[t]) != 1 {
			r.T.Errorf("%v: callers were told the outcomes %v of handoff %d, want one", oracle.LeavesExactlyOnce, got[t], i)
		}
		r.checkExits(t, got[t])
	}
	r.checkFinalStats(got)
}

// The ways to end a handoff, as end numbers them. The last two are Close, and a Register that must be
// refused.
const (
	ways             = 16
	waysWithoutClose = 14 // those before it
	closeAll         = 14
)

// end tries to end a handoff in one way, at an instant, and returns what it was told.
func (r *Run) end(how int, t registry.Token, at int) []Outcome {
	now := r.at(at)
	expired := func(yes bool) []Outcome {
		if yes {
			return []Outcome{{t, fsm.Expired}}
		}
		return nil
	}
	switch how {
	case 0, 1, 2, 3:
		_, err := r.Registry.Acknowledge(t, now)
		if err == nil {
			return []Outcome{{t, fsm.Acknowledged}}
		}
		return expired(contract.DeadlineError(err) != nil)
	case 4, 5, 6:
		if _, ok := r.Registry.Abandon(t); ok {
			return []Outcome{{t, fsm.Abandoned}}
		}
	case 7, 8:
		_, ok := r.Registry.Expire(t, now)
		return expired(ok)
	case 9, 10:
		err := r.Registry.Consume(t, t, now)
		return expired(errors.Is(err, registry.ErrTokenExpired))
	case 11, 12, 13:
		var told []Outcome
		for _, e := range r.Registry.ExpireOverdue(r.at(ackDeadline)) {
			told = append(told, Outcome{e.Token, fsm.Expired})
		}
		return told
	case closeAll:
		return abandoned(r.Registry.Close())
	default:
		if err := r.Registry.Register(t, contract.SampleBackend(3), r.at(0)); err == nil {
			r.T.Errorf("%v: Register succeeded for a handoff that had begun already", oracle.LeavesExactlyOnce)
		}
	}
	return nil
}

// at returns the time n nanoseconds after the origin.
func (r *Run) at(n int) time.Time { return r.Origin.Add(time.Duration(n)) }

func abandoned(all []registry.Abandoned) []Outcome {
	var told []Outcome
	for _, a := range all {
		told = append(told, Outcome{a.Token, fsm.Abandoned})
	}
	return told
}

// checkExits: OnExit was told of a handoff what the callers were told.
func (r *Run) checkExits(t registry.Token, told []fsm.State) {
	var exits []fsm.State
	for _, e := range r.Exits() {
		if e.Token == t {
			exits = append(exits, e.State)
		}
	}
	if len(exits) != len(told) || len(exits) > 0 && exits[0] != told[0] {
		r.T.Errorf("%v: OnExit was told %v of a handoff, the callers %v", oracle.LeavesExactlyOnce, exits, told)
	}
}

// checkFinalStats: once nothing is live, Stats are what the callers were told.
func (r *Run) checkFinalStats(told outcomes) {
	n := map[fsm.State]uint64{}
	for _, states := range told {
		for _, s := range states {
			n[s]++
		}
	}
	registered := n[fsm.Acknowledged] + n[fsm.Expired] + n[fsm.Abandoned]
	want := registry.Stats{
		Issued: registered, Revoked: registered, Registered: registered,
		Acknowledged: n[fsm.Acknowledged], Expired: n[fsm.Expired], Abandoned: n[fsm.Abandoned],
	}
	if got := r.Registry.Stats(); got != want {
		r.T.Errorf("%v: Stats are %+v, but the callers were told %+v", oracle.Conserved, got, want)
	}
}
