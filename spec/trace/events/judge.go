package events

import (
	"encoding/binary"
	"fmt"
	"math"
	"time"

	"github.com/handoff-go/handoff/model"
	"github.com/handoff-go/handoff/registry"
)

// Judge returns how many of the events of t are steps of the model: all of them,
// or those before the first that is none, with the reason. What a step was asked
// must be answered as the model answers it, and leave behind what it leaves.
//
// Which draws collided is not told, and an answer depends on it only as far as
// there must have been room: so much is asked of ErrCollision and RandomFailed.
func Judge(t Trace) (steps int, problem string) {
	j := judge{state: model.New(model.Options{
		AckDeadline: endless(t.AckDeadline), TokenTTL: endless(t.TokenTTL), MaxPending: t.MaxPending, CollisionAttempts: 1,
	})}
	for i, e := range t.Events {
		if problem := j.take(e); problem != "" {
			return i, problem
		}
	}
	return len(t.Events), ""
}

// endless makes a duration that long as long as can be: what ends by it never ends.
func endless(d time.Duration) time.Duration {
	if d >= Endless {
		return math.MaxInt64
	}
	return d
}

// judge is the model on its way along a trace.
type judge struct{ state model.State }

// tokenOf stands for the token that a number names; 0 for the zero token.
func tokenOf(ref int) (t model.Token) {
	binary.BigEndian.PutUint64(t[8:], uint64(ref))
	return t
}

// took is what the model does when it takes the step of an event.
type took struct {
	next   model.State
	answer string
	exits  []model.Exit
}

func answered(next model.State, a model.Answer) took {
	answer := string(a.Verdict)
	if a.Verdict == model.None { // a call that finds nothing to do is not refused
		answer = OK
	}
	return took{next, answer, a.Exits}
}

func (j *judge) take(e Event) string {
	if timed := e.Now != None; timed == j.untimed(e) {
		return "it is handed a time, or none, where it should not be"
	}
	var did took
	var problem string
	switch e.Op {
	case registry.OpIssue, registry.OpBegin:
		did, problem = j.begin(e)
	case registry.OpSweep:
		did, problem = j.sweep(e)
	case registry.OpDrop:
		did, problem = j.drop(e)
	default:
		did, problem = j.call(e)
	}
	if problem == "" {
		problem = j.compare(e, did)
	}
	if problem == "" {
		j.state = did.next
	}
	return problem
}

// untimed reports whether a step is handed no time.
func (j *judge) untimed(e Event) bool {
	switch e.Op {
	case registry.OpAbandon, registry.OpClose:
		return true
	case registry.OpDrop:
		return j.state.Closed
	}
	return false
}

// call takes a step that has the name of its call, and one record to change.
func (j *judge) call(e Event) (took, string) {
	s, t, now := j.state, tokenOf(e.Ref), model.Instant(e.Now)
	switch e.Op {
	case registry.OpRegister:
		return answered(s.Register(t, model.Backend{}, now)), ""
	case registry.OpConsume:
		return answered(s.Consume(t, tokenOf(e.Presented), now)), ""
	case registry.OpAcknowledge:
		return answered(s.Acknowledge(t, now)), ""
	case registry.OpExpire:
		return j.refusedWhenClosed(answered(s.Expire(t, now))), ""
	case registry.OpClose:
		return j.refusedWhenClosed(answered(s.Shut())), ""
	case registry.OpAbandon:
		if s.Closed && s.Records[t].Pending && e.Answer == OK {
			return answered(s.CloseOne(t)), ""
		}
		return j.refusedWhenClosed(answered(s.Abandon(t))), ""
	}
	return took{}, "there is no such step"
}

// refusedWhenClosed: a call that answers its caller with nothing when the
// registry is closed is traced as refused.
func (j *judge) refusedWhenClosed(did took) took {
	if j.state.Closed {
		did.answer = string(model.ErrClosed)
	}
	return did
}

func (j *judge) begin(e Event) (took, string) {
	s := j.state
	if e.Answer != OK && e.Ref != 0 {
		return took{}, "it names a token that it did not give"
	}
	// An answer that depends on draws, or none: the draw is the token given.
	next, a := s.Issue(model.Instant(e.Now), tokenOf(e.Ref))
	if e.Op == registry.OpBegin {
		next, a = s.Begin(model.Backend{}, model.Instant(e.Now), tokenOf(e.Ref))
	}
	switch {
	case next.Stats.Revoked > s.Stats.Revoked:
		return took{}, "it would have dropped a token first"
	case a.Verdict == model.Collision && (e.Answer == string(model.Collision) || e.Answer == "RandomFailed"):
		return took{next: s, answer: e.Answer}, ""
	}
	return answered(next, a), ""
}

func (j *judge) sweep(e Event) (took, string) {
	for _, r := range j.state.Records {
		if !j.state.Closed && model.Over(model.Instant(e.Now), r.End) {
			return took{}, "something is over"
		}
	}
	return j.refusedWhenClosed(took{next: j.state, answer: OK}), ""
}

// drop takes a step of a sweep, of a call that makes room, or of Close.
func (j *judge) drop(e Event) (took, string) {
	t := tokenOf(e.Ref)
	r, live := j.state.Records[t]
	switch {
	case !live || r.Pending:
		return took{}, "nothing is there to drop"
	case j.state.Closed:
		return answered(j.state.CloseOne(t)), ""
	case !model.Over(model.Instant(e.Now), r.End):
		return took{}, "it is not over"
	}
	return answered(j.state.Drop(t, model.Instant(e.Now))), ""
}

// compare holds what an event tells to what the model did.
func (j *judge) compare(e Event, did took) string {
	t := tokenOf(e.Ref)
	was, lived := j.state.Records[t]
	is, lives := did.next.Records[t]
	end, state := None, ""
	switch {
	case lives:
		end = endOf(is)
	case lived:
		end = endOf(was)
	}
	switch {
	case len(did.exits) > 0:
		state = string(did.exits[0].Outcome)
	case is.Pending && !was.Pending:
		state = "pending"
	}
	switch {
	case e.Answer != did.answer:
		return "the model answers " + did.answer
	case e.State != state:
		return fmt.Sprintf("the model comes to %q", state)
	case e.End != end:
		return "the model has another end: " + time.Duration(end).String()
	}
	return ""
}

func endOf(r model.Record) Instant {
	if r.End == model.Never {
		return None
	}
	return Instant(r.End)
}
