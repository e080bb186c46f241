package history

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/handoff-go/handoff/fsm"
	"github.com/handoff-go/handoff/model"
	"github.com/handoff-go/handoff/proptest/internal/contract"
	"github.com/handoff-go/handoff/registry"
)

// follow takes the model through the events of a trace. It returns the last state, and an error
// if an event is not a step of the model. origin is the time of the instant 0.
func follow(initial model.State, origin time.Time, events []registry.Event) (model.State, error) {
	f := follower{state: initial, origin: origin}
	for i, e := range events {
		if e.Seq != uint64(i+1) {
			return f.state, fmt.Errorf("event %d has the Seq %d", i+1, e.Seq)
		}
		if problem := f.step(e); problem != "" {
			return f.state, fmt.Errorf("event %d, %s, is not a step of the model: %s\n%+v", e.Seq, e.Op, problem, e)
		}
	}
	return f.state, nil
}

// follower is the model on its way through a trace. Its tokens are made from the Refs that name
// them in the trace.
type follower struct {
	state  model.State
	origin time.Time
	closed bool // the event of Close has come; those of the records that it ends follow
}

// step takes the step of one event. It returns what is wrong with it, or "".
func (f *follower) step(e registry.Event) string {
	before, t, now := f.state, refToken(e.Ref), model.At(f.origin, e.Now)
	var want model.Answer
	var next model.State
	switch e.Op {
	case registry.OpIssue, registry.OpBegin:
		return f.stepIssued(e)
	case registry.OpRegister:
		next, want = before.Register(t, model.Backend(e.Backend), now)
	case registry.OpConsume:
		next, want = before.Consume(t, refToken(e.Presented), now)
	case registry.OpAcknowledge:
		next, want = before.Acknowledge(t, now)
	case registry.OpAbandon:
		return f.stepAbandon(e)
	case registry.OpExpire:
		next, want = before.Expire(t, now)
	case registry.OpDrop:
		return f.stepDrop(e)
	case registry.OpSweep:
		if _, left := before.ExpireOverdue(now); len(left.Exits) > 0 {
			return "handoffs are still overdue"
		}
		return f.compare(e, model.Answer{Verdict: model.OK})
	case registry.OpClose:
		if f.closed != (e.Err != nil) {
			return "the first Close has an error, or a later one has none"
		}
		f.state.Closed, f.closed = true, true
		return ""
	default:
		return "unknown operation"
	}
	f.state = next
	return f.compare(e, want)
}

// compare compares the error, the state of the handoff and the backend with the model's answer.
func (f *follower) compare(e registry.Event, want model.Answer) string {
	nothing := want.Verdict == model.OK || want.Verdict == model.None
	if !contract.Matches(e.Err, want.Verdict) && !(f.closed && nothing && errors.Is(e.Err, registry.ErrClosed)) {
		return fmt.Sprintf("the error is %v, want %s", e.Err, want.Verdict)
	}
	var state fsm.State
	if len(want.Exits) > 0 {
		state = contract.State(want.Exits[0].Outcome)
		if b := registry.Backend(want.Exits[0].Backend); e.Backend != b {
			return fmt.Sprintf("the backend is %v, want %v", e.Backend, b)
		}
	}
	if want.Verdict == model.OK && (e.Op == registry.OpBegin || e.Op == registry.OpRegister) {
		state = fsm.Pending
	}
	if e.State != state {
		return fmt.Sprintf("the state is %v, want %v", e.State, state)
	}
	return ""
}

// stepIssued takes the step of an Issue or Begin. The tokens that it dropped to make room have
// events of their own.
func (f *follower) stepIssued(e registry.Event) string {
	full := f.state.Tokens() >= f.state.Options.MaxPending
	switch {
	case errors.Is(e.Err, registry.ErrCollision) && (full || f.closed):
		return "there was no room for a collision"
	case errors.Is(e.Err, registry.ErrCollision):
		return ""
	case errors.Is(e.Err, registry.ErrFull) && !full:
		return "the registry is not full"
	case errors.Is(e.Err, registry.ErrFull):
		return ""
	case e.Err == nil && full:
		return "the registry is full"
	}
	var draws []model.Token
	if e.Err == nil {
		draws = append(draws, refToken(e.Ref))
	}
	now := model.At(f.origin, e.Now)
	next, want := f.state.Issue(now, draws...)
	if e.Op == registry.OpBegin {
		next, want = f.state.Begin(model.Backend(e.Backend), now, draws...)
	}
	f.state = next
	return f.compare(e, want)
}

// stepAbandon takes a step of Abandon; or one of Close, which abandons one record after the
// other while the registry refuses everything else.
func (f *follower) stepAbandon(e registry.Event) string {
	before := f.state
	before.Closed = f.closed && e.State == 0
	next, want := before.Abandon(refToken(e.Ref))
	f.state = next
	f.state.Closed = f.closed
	return f.compare(e, want)
}

// stepDrop takes a step of a sweep, of an Issue or Begin that makes room, or of Close.
func (f *follower) stepDrop(e registry.Event) string {
	t := refToken(e.Ref)
	r, live := f.state.Records[t]
	switch {
	case !live || r.Pending:
		return "the token is not live, or has a pending handoff"
	case !f.closed && !model.Over(model.At(f.origin, e.Now), r.End):
		return "the token has not ended"
	}
	before := f.state
	before.Closed = false
	next, _ := before.Abandon(t)
	f.state = next
	f.state.Closed = f.closed
	return f.compare(e, model.Answer{Verdict: model.OK})
}

// refToken returns the token that stands for a Ref.
func refToken(ref uint64) (t model.Token) {
	binary.BigEndian.PutUint64(t[8:], ref)
	return t
}
