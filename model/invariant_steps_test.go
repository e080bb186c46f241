package model_test

import (
	"github.com/handoff-go/handoff/model"
)

// The specification has variables for each token, the model a record for each live
// one. The model's instants are shifted, so that the instant after the Horizon is the
// model's Never: then sums saturate at the same instants.

func (c constants) instant(n int) model.Instant { return model.Never - model.Instant(c.never()-n) }
func (c constants) number(i model.Instant) int  { return c.never() - int(model.Never-i) }

func (c constants) options() model.Options {
	return model.Options{
		AckDeadline: c.AckDeadline.Since(0), TokenTTL: c.TokenTTL.Since(0),
		MaxPending: c.MaxPending, CollisionAttempts: 1,
	}
}

// state returns the model's state of variables in which the invariant holds.
func (c constants) state(v *variables) model.State {
	s := model.New(c.options())
	s.Closed, s.Stats = v.closed, v.stats
	for t := range c.Tokens {
		if v.token[t] != live {
			continue
		}
		r := model.Record{End: c.instant(v.end[t]), TokenEnd: c.instant(v.end[t]), Consumed: v.consumed[t]}
		if v.isPending(t) {
			r.Pending, r.Since = true, c.instant(v.since[t])
		}
		s.Records[c.Token(t)] = r
	}
	return s
}

// move is one step that can be tried.
type move struct {
	name  string
	token int // the one that it is about, or -1
	now   int // its instant, or -1
	take  func(s model.State) (model.State, model.Answer)
	over  func(v *variables) // what it does to the variables of a sweep; nil: nothing
}

// moves calls yield with every operation on every token at the given instants, and
// the steps of a sweep that is under way, including those that are refused.
func (c constants) moves(v *variables, s model.State, instants []int, yield func(move)) {
	yield(move{"Close", -1, -1, model.State.Shut, nil})
	yield(move{"Close whole", -1, -1, model.State.Close, nil})
	for i := range c.Tokens {
		t := c.Token(i)
		yield(move{"Abandon", i, -1, func(s model.State) (model.State, model.Answer) { return s.Abandon(t) }, nil})
		yield(move{"CloseOne", i, -1, func(s model.State) (model.State, model.Answer) { return s.CloseOne(t) }, nil})
		for _, n := range instants {
			now := c.instant(n)
			at := func(name string, take func(model.State) (model.State, model.Answer)) {
				yield(move{name, i, n, take, nil})
			}
			// A revoked token, or one dropped to make room, would be another token if issued again.
			if v.token[i] == fresh || v.token[i] == live && (v.isPending(i) || n < v.end[i]) {
				at("Issue", func(s model.State) (model.State, model.Answer) { return s.Issue(now, t) })
				at("Begin", func(s model.State) (model.State, model.Answer) { return s.Begin(model.Backend{PID: 1}, now, t) })
			}
			at("Register", func(s model.State) (model.State, model.Answer) { return s.Register(t, model.Backend{PID: 1}, now) })
			at("Acknowledge", func(s model.State) (model.State, model.Answer) { return s.Acknowledge(t, now) })
			at("Expire", func(s model.State) (model.State, model.Answer) { return s.Expire(t, now) })
			at("Drop", func(s model.State) (model.State, model.Answer) { return s.Drop(t, now) })
			at("Consume", func(s model.State) (model.State, model.Answer) { return s.Consume(t, t, now) })
			other := c.Token((i + 1) % c.Tokens)
			at("Consume", func(s model.State) (model.State, model.Answer) { return s.Consume(t, other, now) })
		}
	}
	for _, n := range instants {
		yield(move{"Sweep whole", -1, n, func(s model.State) (model.State, model.Answer) { return s.ExpireOverdue(c.instant(n)) }, nil})
		if !v.closed && v.sweeping == c.never() {
			yield(move{"StartSweep", -1, n, stay, func(v *variables) { v.sweeping = n }})
		}
	}
	c.sweepMoves(v, s, yield)
}

func stay(s model.State) (model.State, model.Answer) { return s, model.Answer{} }

// sweepMoves are the next steps of a sweep: it takes the record with the earliest end,
// and finishes when no end is reached.
func (c constants) sweepMoves(v *variables, s model.State, yield func(move)) {
	if v.sweeping == c.never() {
		return
	}
	now := c.instant(v.sweeping)
	first := s.ByEnd()
	if v.closed || len(first) == 0 || !model.Over(now, s.Records[first[0]].End) {
		yield(move{"Sweep", -1, v.sweeping, stay, func(v *variables) { v.sweeping, v.taken = c.never(), [most]bool{} }})
		return
	}
	for i := range c.Tokens {
		t := c.Token(i)
		if r, lives := s.Records[t]; !lives || r.End != s.Records[first[0]].End {
			continue
		}
		yield(move{"SweepOne", i, v.sweeping, func(s model.State) (model.State, model.Answer) {
			if s.Records[t].Pending {
				return s.Expire(t, now)
			}
			return s.Drop(t, now)
		}, func(v *variables) { v.taken[i] = true }})
	}
}

// after returns the variables after a move that led from v to s. The outcome of a
// revoked token is the one in the answer: a handoff without one stays pending, which
// breaks the invariant.
func (c constants) after(v *variables, m move, s model.State, a model.Answer) variables {
	next := *v
	for i := range c.Tokens {
		r, lives := s.Records[c.Token(i)]
		switch {
		case lives:
			p := part{token: live, end: c.number(r.End), consumed: r.Consumed}
			if r.Pending {
				p.handoff, p.since = pending, c.number(r.Since)
			}
			next.put(i, p)
		case v.token[i] == live:
			next.put(i, part{token: dead, handoff: v.handoff[i]})
		}
	}
	if a.Verdict == model.OK && (m.name == "Begin" || m.name == "Register") {
		next.begun[m.token]++
	}
	for _, e := range a.Exits {
		i := int(e.Token[len(e.Token)-1]) - 1
		next.handoff[i] = e.Outcome
		next.left[i]++
	}
	next.closed, next.stats = s.Closed, s.Stats
	if m.now >= 0 {
		next.now = m.now
	}
	if m.over != nil {
		m.over(&next)
	}
	return next
}
