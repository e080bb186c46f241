package proptest

import (
	"cmp"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"slices"
	"sync/atomic"

	"github.com/handoff-go/handoff/fsm"
	"github.com/handoff-go/handoff/model"
	"github.com/handoff-go/handoff/registry"
)

// checkEvents lets callers do everything at once, and takes the model through
// the steps that were traced.
func checkEvents(a *arena) {
	a.open(registry.Options{
		AckDeadline: historyAck, TokenTTL: historyAck + 3, MaxPending: 4, CollisionAttempts: 2,
		Rand: &few{rand: rand.New(rand.NewPCG(a.seed, 2)), n: 2 * fewTokens},
		Trace: func(e registry.Event) {
			a.mu.Lock()
			defer a.mu.Unlock()
			a.events = append(a.events, e)
		},
	})
	const callers, calls = 4, 120
	var clock atomic.Int64
	var all []func()
	for i := range callers {
		plan := a.busyPlan(calls, i == 0 && a.seed%4 != 0)
		all = append(all, func() {
			for _, in := range plan {
				in.now += model.Instant(clock.Add(1) / 2) // a clock that all share
				a.make(in)
			}
		})
	}
	together(all...)
	if len(a.events) == 0 {
		// There is nothing to compare.
		a.t.Skip("Options.Trace is not honoured: there are no events")
	}
	slices.SortFunc(a.events, func(x, y registry.Event) int { return cmp.Compare(x.Seq, y.Seq) })
	s := traced{arena: a, state: a.model()}
	for i, e := range a.events {
		if e.Seq != uint64(i+1) {
			a.t.Errorf("event %d has the number %d", i+1, e.Seq)
			return
		}
		if problem := s.take(e); problem != "" {
			a.t.Errorf("event %d, %s, is no step of the model: %s\n%+v", e.Seq, e.Op, problem, e)
			return
		}
	}
	if got, want := a.system.Stats(), statsOf(s.state); got != want {
		a.t.Errorf("Stats are %+v, but the events come to %+v", got, want)
	}
}

// busyPlan draws calls, one of them perhaps a Close.
func (a *arena) busyPlan(calls int, closing bool) []asked {
	ops := []string{"Begin", "Begin", "Begin", "Issue", "Issue", "Register", "Register", "Consume", "Acknowledge", "Acknowledge",
		"Abandon", "Expire", "ExpireOverdue"}
	var plan []asked
	for range calls {
		plan = append(plan, asked{
			op:        ops[a.rand.IntN(len(ops))],
			token:     fewToken(a.rand.IntN(2 * fewTokens)),
			presented: fewToken(a.rand.IntN(2 * fewTokens)),
			backend:   backend(a.rand.IntN(3)),
			now:       model.Instant(a.rand.IntN(4) - 1),
		})
	}
	if closing {
		plan[calls/2+a.rand.IntN(calls/2)].op = "Close"
	}
	return plan
}

// traced is the model on its way through the events. A Ref stands for the token
// that it names.
type traced struct {
	arena  *arena
	state  model.State
	closed bool // Close is at work, or over: it ends records one by one
}

// take takes the step of one event, and returns what is wrong with it.
func (s *traced) take(e registry.Event) string {
	before, t, now := s.state, refToken(e.Ref), model.At(s.arena.origin, e.Now)
	var want model.Answer
	var next model.State
	switch e.Op {
	case "Issue", "Begin":
		return s.takeBegun(e)
	case "Register":
		next, want = before.Register(t, model.Backend(e.Backend), now)
	case "Consume":
		next, want = before.Consume(t, refToken(e.Presented), now)
	case "Acknowledge":
		next, want = before.Acknowledge(t, now)
	case "Abandon":
		return s.takeAbandon(e)
	case "Expire":
		next, want = before.Expire(t, now)
	case "Drop":
		return s.takeDrop(e)
	case "Sweep":
		if _, left := before.ExpireOverdue(now); len(left.Exits) > 0 {
			return "something is over"
		}
		return s.answers(e, model.Answer{Verdict: model.OK})
	case "Close":
		if s.closed != (e.Err != nil) {
			return "closed twice, or refused at first"
		}
		s.state.Closed, s.closed = true, true
		return ""
	default:
		return "unknown"
	}
	s.state = next
	return s.answers(e, want)
}

// answers compares the answer, and the state that a handoff came to.
func (s *traced) answers(e registry.Event, want model.Answer) string {
	empty := want.Verdict == model.OK || want.Verdict == model.None
	if !stands(e.Err, want.Verdict) && !(s.closed && empty && errors.Is(e.Err, registry.ErrClosed)) {
		return "the model answers " + string(want.Verdict)
	}
	var outcome fsm.State
	if len(want.Exits) > 0 {
		outcome = state(want.Exits[0].Outcome)
		if e.Backend != registry.Backend(want.Exits[0].Backend) {
			return "another backend left"
		}
	}
	if e.Op == "Begin" && want.Verdict == model.OK || e.Op == "Register" && want.Verdict == model.OK {
		outcome = fsm.Pending
	}
	if e.State != outcome {
		return "the model comes to " + outcome.String()
	}
	return ""
}

func (s *traced) takeBegun(e registry.Event) string {
	full := s.state.Tokens() >= s.state.Options.MaxPending
	switch {
	case errors.Is(e.Err, registry.ErrCollision):
		return s.room(full)
	case errors.Is(e.Err, registry.ErrFull):
		if !full {
			return "there is room"
		}
		return ""
	case e.Err == nil && full:
		return "there is no room" // what it dropped has events of its own
	}
	var draws []model.Token
	if e.Err == nil {
		draws = append(draws, refToken(e.Ref))
	}
	now := model.At(s.arena.origin, e.Now)
	next, want := s.state.Issue(now, draws...)
	if e.Op == "Begin" {
		next, want = s.state.Begin(model.Backend(e.Backend), now, draws...)
	}
	s.state = next
	return s.answers(e, want)
}

func (s *traced) room(full bool) string {
	if full || s.closed {
		return "there is no room"
	}
	return ""
}

// takeAbandon takes a step of Abandon, or of Close, which abandons one record
// after the other when everything is closed to others.
func (s *traced) takeAbandon(e registry.Event) string {
	open := s.state
	open.Closed = s.closed && e.State == 0
	next, want := open.Abandon(refToken(e.Ref))
	s.state = next
	s.state.Closed = s.closed
	return s.answers(e, want)
}

// takeDrop takes a step of a sweep, of one that makes room, or of Close.
func (s *traced) takeDrop(e registry.Event) string {
	t := refToken(e.Ref)
	r, live := s.state.Records[t]
	switch {
	case !live || r.Pending:
		return "nothing is there to drop"
	case !s.closed && !model.Over(model.At(s.arena.origin, e.Now), r.End):
		return "it is not over"
	}
	open := s.state
	open.Closed = false
	next, _ := open.Abandon(t)
	s.state = next
	s.state.Closed = s.closed
	return s.answers(e, model.Answer{Verdict: model.OK})
}

func refToken(ref uint64) (t model.Token) {
	binary.BigEndian.PutUint64(t[8:], ref)
	return t
}
