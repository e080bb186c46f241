package sequence

import (
	"errors"
	"time"

	"github.com/handoff-go/handoff/fsm"
	"github.com/handoff-go/handoff/model"
	"github.com/handoff-go/handoff/proptest/internal/contract"
	"github.com/handoff-go/handoff/registry"
)

// checkOwnEvent compares the event of the call itself.
func (s *Sequence) checkOwnEvent(e registry.Event, want model.Answer) {
	op := s.call.op
	if op == "ExpireOverdue" {
		op = "Sweep"
	}
	equal(s, "Event.Op", e.Op, op)
	s.equalNow(e.Now)
	s.equalAnswer(e.Err, want)
	token := s.call.token
	if want.Token != (model.Token{}) {
		token = contract.Token(want.Token)
	}
	if !s.trace.refer(token, e.Ref) || !s.trace.refer(s.call.presented, e.Presented) {
		s.Fail("Event.Ref or Event.Presented of %s names another token than before", e.Op)
	}
	s.checkEffect(e, token, want)
}

// checkEffect compares what the event says of the record of t.
func (s *Sequence) checkEffect(e registry.Event, t registry.Token, want model.Answer) {
	was, lived := s.before.Records[t.Bytes()]
	is, lives := s.model.Records[t.Bytes()]
	var outcome fsm.State
	switch {
	case s.call.op == "ExpireOverdue" || s.call.op == "Close":
	case len(want.Exits) > 0:
		outcome = contract.State(want.Exits[0].Outcome)
	case is.Pending && !was.Pending:
		outcome = fsm.Pending
	}
	equal(s, "Event.State", e.State, outcome)
	switch {
	case !lives && lived:
		s.equalEnd(e.End, was.End)
		s.equalBackend(e, was)
	case was != is:
		s.equalEnd(e.End, is.End)
		s.equalBackend(e, is)
	default:
		s.checkRefused(e, is, lives)
	}
}

// checkRefused compares an event without effect: it has the end and the backend of the record
// that it was about, or leaves them out.
func (s *Sequence) checkRefused(e registry.Event, r model.Record, lives bool) {
	switch {
	case e.End.IsZero():
	case !lives:
		s.Fail("Event.End: got %s, want the zero time, for there is no record", s.timeName(e.End))
	default:
		s.equalEnd(e.End, r.End)
	}
	if e.Backend == (registry.Backend{}) || e.Backend == s.call.backend {
		return
	}
	s.equalBackend(e, r)
}

// equalBackend compares the backend: that of the pending handoff. Without one it may be the
// backend that the call was given.
func (s *Sequence) equalBackend(e registry.Event, r model.Record) {
	if !r.Pending && e.Backend == s.call.backend {
		return
	}
	equal(s, "Event.Backend", e.Backend, registry.Backend(r.Backend))
}

// equalAnswer compares the error: it is the caller's. A call that a closed registry answers with
// nothing may have the event's error ErrClosed.
func (s *Sequence) equalAnswer(err error, want model.Answer) {
	empty := want.Verdict == model.OK || want.Verdict == model.None
	if s.before.Closed && empty && errors.Is(err, registry.ErrClosed) {
		return
	}
	if !s.matches(err, want.Verdict) {
		s.Fail("Event.Err: got %v, want %s", s.errorName(err), want.Verdict)
	}
}

func (s *Sequence) equalEnd(got time.Time, want model.Instant) {
	if want == model.Never {
		equal(s, "whether Event.End is zero, for an end that is never", got.IsZero(), true)
		return
	}
	s.equalTime("Event.End", got, want)
}

func (s *Sequence) equalNow(got time.Time) {
	if s.call.op == "Abandon" || s.call.op == "Close" {
		equal(s, "whether Event.Now is zero, for a call without a time", got.IsZero(), true)
		return
	}
	s.equalTime("Event.Now", got, s.at(s.call.now))
}
