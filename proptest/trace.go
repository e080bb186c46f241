package proptest

import (
	"errors"
	"time"

	"github.com/handoff-go/handoff/fsm"
	"github.com/handoff-go/handoff/model"
	"github.com/handoff-go/handoff/registry"
)

// tracer keeps what a system told Options.Trace.
type tracer struct {
	events []registry.Event // of the call in progress
	seq    uint64           // of the last event
	calls  int              // how many calls there were
	silent bool             // the system does not trace
	refs   map[registry.Token]uint64
	tokens map[uint64]registry.Token
}

// skip takes what happened so far as checked; it was about t.
func (r *tracer) skip(t registry.Token) {
	for _, e := range r.take() {
		r.seq++
		r.refer(t, e.Ref)
	}
}

// take returns the events since the last take.
func (r *tracer) take() []registry.Event {
	events := r.events
	r.events = r.events[:0]
	return events
}

// refer holds that a Ref names one token and a token has one Ref.
func (r *tracer) refer(t registry.Token, ref uint64) bool {
	if t.IsZero() || ref == 0 {
		return t.IsZero() && ref == 0
	}
	if r.refs == nil {
		r.refs, r.tokens = map[registry.Token]uint64{}, map[uint64]registry.Token{}
	}
	known, old := r.refs[t]
	token, used := r.tokens[ref]
	if old || used {
		return old && used && known == ref && token == t
	}
	r.refs[t], r.tokens[ref] = ref, t
	return true
}

// checkTrace compares what the call told Options.Trace: the steps that it took
// on the way, one a record, and then, or for Close first, its own.
func (s *sequence) checkTrace(want model.Answer) {
	if !s.setup.trace {
		return
	}
	events := s.trace.take()
	s.trace.calls++
	if s.trace.calls == 1 && len(events) == 0 {
		s.trace.silent = true
	}
	if s.trace.silent {
		equal(s, "events of a system that sent none at first", len(events), 0)
		return
	}
	gone := s.gone(want)
	equal(s, "how many steps were traced", len(events), 1+len(gone))
	for _, e := range events {
		s.trace.seq++
		equal(s, "Event.Seq", e.Seq, s.trace.seq)
	}
	if s.call.op == "Close" {
		s.checkOwnEvent(events[0], want)
		s.checkGone(events[1:], gone)
		return
	}
	last := len(events) - 1
	s.checkGone(events[:last], gone)
	s.checkOwnEvent(events[last], want)
}

// gone returns the records that had a step of their own in the last call.
func (s *sequence) gone(want model.Answer) map[model.Token]model.Record {
	gone := map[model.Token]model.Record{}
	switch s.call.op {
	case "Issue", "Begin", "ExpireOverdue", "Close":
		for t, r := range s.before.Records {
			if _, live := s.model.Records[t]; !live || want.Token == t { // given again at once
				gone[t] = r
			}
		}
	}
	return gone
}

// checkGone compares the steps that ended a record each, and their order.
func (s *sequence) checkGone(events []registry.Event, gone map[model.Token]model.Record) {
	latest := -model.Never
	for _, e := range events {
		token := s.trace.tokens[e.Ref].Bytes()
		r, ok := gone[token]
		if !ok {
			s.fail("%s is traced, of a record that did not end in this step, or twice", e.Op)
		}
		delete(gone, token)
		op, outcome := "Drop", fsm.State(0)
		if r.Pending && s.call.op == "Close" {
			op, outcome = "Abandon", fsm.Abandoned
		} else if r.Pending {
			op, outcome = "Expire", fsm.Expired
		}
		equal(s, "Event.Op", e.Op, op)
		equal(s, "Event.State", e.State, outcome)
		equal(s, "Event.Backend", e.Backend, registry.Backend(r.Backend))
		equal(s, "Event.Err", e.Err, nil)
		equal(s, "Event.Presented", e.Presented, 0)
		s.sameEnd(e.End, r.End)
		s.sameNow(e.Now)
		if s.call.op != "Close" && r.End < latest {
			s.fail("%s is traced after a later end", e.Op)
		}
		latest = r.End
	}
}

// checkOwnEvent compares the step that has the name of the call.
func (s *sequence) checkOwnEvent(e registry.Event, want model.Answer) {
	op := s.call.op
	if op == "ExpireOverdue" {
		op = "Sweep"
	}
	equal(s, "Event.Op", e.Op, op)
	s.sameNow(e.Now)
	s.sameAnswer(e.Err, want)
	token := s.call.token
	if want.Token != (model.Token{}) {
		token = parse(want.Token)
	}
	if !s.trace.refer(token, e.Ref) || !s.trace.refer(s.call.presented, e.Presented) {
		s.fail("Event.Ref and Event.Presented of %s do not name one token each", e.Op)
	}
	s.checkEffect(e, token, want)
}

// checkEffect compares what the step did to the record. A step that was refused
// may leave out what it is not about.
func (s *sequence) checkEffect(e registry.Event, t registry.Token, want model.Answer) {
	was, lived := s.before.Records[t.Bytes()]
	is, lives := s.model.Records[t.Bytes()]
	var outcome fsm.State
	switch {
	case s.call.op == "ExpireOverdue" || s.call.op == "Close":
	case len(want.Exits) > 0:
		outcome = state(want.Exits[0].Outcome)
	case is.Pending && !was.Pending:
		outcome = fsm.Pending
	}
	equal(s, "Event.State", e.State, outcome)
	switch {
	case !lives && lived:
		s.sameEnd(e.End, was.End)
		s.sameBackend(e, was)
	case was != is:
		s.sameEnd(e.End, is.End)
		s.sameBackend(e, is)
	default:
		s.checkRefused(e, is, lives)
	}
}

// checkRefused: a step without effect tells of the record and the backend that
// it was about, or leaves them out.
func (s *sequence) checkRefused(e registry.Event, r model.Record, lives bool) {
	switch {
	case e.End.IsZero():
	case !lives:
		s.fail("Event.End is set, but there is no record")
	default:
		s.sameEnd(e.End, r.End)
	}
	if e.Backend == (registry.Backend{}) || e.Backend == s.call.backend {
		return
	}
	s.sameBackend(e, r)
}

// sameBackend: a step about a pending handoff has its backend; one about no
// handoff may have the one that was asked for.
func (s *sequence) sameBackend(e registry.Event, r model.Record) {
	if !r.Pending && e.Backend == s.call.backend {
		return
	}
	equal(s, "Event.Backend", e.Backend, registry.Backend(r.Backend))
}

// sameAnswer: the event has the error that the caller had. What answers a closed
// registry's caller with nothing may be traced as refused.
func (s *sequence) sameAnswer(err error, want model.Answer) {
	empty := want.Verdict == model.OK || want.Verdict == model.None
	if s.before.Closed && empty && errors.Is(err, registry.ErrClosed) {
		return
	}
	if !s.stands(err, want.Verdict) {
		s.fail("Event.Err is %v, want %s", s.errorName(err), want.Verdict)
	}
}

func (s *sequence) sameEnd(got time.Time, want model.Instant) {
	if want == model.Never {
		equal(s, "Event.End of a record that never ends is zero", got.IsZero(), true)
		return
	}
	s.sameTime("Event.End", got, want)
}

func (s *sequence) sameNow(got time.Time) {
	if s.call.op == "Abandon" || s.call.op == "Close" {
		equal(s, "Event.Now of an untimed step is zero", got.IsZero(), true)
		return
	}
	s.sameTime("Event.Now", got, s.at(s.call.now))
}
