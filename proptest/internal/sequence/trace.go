package sequence

import (
	"github.com/handoff-go/handoff/fsm"
	"github.com/handoff-go/handoff/model"
	"github.com/handoff-go/handoff/registry"
)

// tracer keeps what a registry told Options.Trace.
type tracer struct {
	events []registry.Event // of the call in progress
	seq    uint64           // of the last event
	calls  int              // how many calls were made
	silent bool             // the registry ignores Options.Trace: the first call had no event
	refs   map[registry.Token]uint64
	tokens map[uint64]registry.Token
}

// assume takes the events so far as checked; all are about t.
func (r *tracer) assume(t registry.Token) {
	for _, e := range r.take() {
		r.seq++
		r.refer(t, e.Ref)
	}
}

// take returns the events since it was last called.
func (r *tracer) take() []registry.Event {
	events := r.events
	r.events = r.events[:0]
	return events
}

// refer reports whether ref can be the Ref of t: a Ref names one token, and a token has one Ref.
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

// checkTrace compares the events of the last call: one for each record that it ended on the way,
// and one for the call itself, which is the last, or for Close the first.
func (s *Sequence) checkTrace(want model.Answer) {
	if !s.setup.Trace {
		return
	}
	events := s.trace.take()
	s.trace.calls++
	if s.trace.calls == 1 && len(events) == 0 {
		s.trace.silent = true
	}
	if s.trace.silent {
		equal(s, "the number of events, of a registry that sent none for its first call", len(events), 0)
		return
	}
	removed := s.removed(want)
	equal(s, "the number of events", len(events), 1+len(removed))
	for _, e := range events {
		s.trace.seq++
		equal(s, "Event.Seq", e.Seq, s.trace.seq)
	}
	if s.call.op == "Close" {
		s.checkOwnEvent(events[0], want)
		s.checkRemovals(events[1:], removed)
		return
	}
	last := len(events) - 1
	s.checkRemovals(events[:last], removed)
	s.checkOwnEvent(events[last], want)
}

// removed returns the records that the last call ended on its way, with an event for each.
func (s *Sequence) removed(want model.Answer) map[model.Token]model.Record {
	removed := map[model.Token]model.Record{}
	switch s.call.op {
	case "Issue", "Begin", "ExpireOverdue", "Close":
		for t, r := range s.before.Records {
			if _, live := s.model.Records[t]; !live || want.Token == t { // issued again by the same call
				removed[t] = r
			}
		}
	}
	return removed
}

// checkRemovals compares the events that ended one record each, and their order.
func (s *Sequence) checkRemovals(events []registry.Event, removed map[model.Token]model.Record) {
	latest := -model.Never
	for _, e := range events {
		token := s.trace.tokens[e.Ref].Bytes()
		r, ok := removed[token]
		if !ok {
			s.Fail("got the event %s for a record that this call did not end, or twice", e.Op)
		}
		delete(removed, token)
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
		s.equalEnd(e.End, r.End)
		s.equalNow(e.Now)
		if s.call.op != "Close" && r.End < latest {
			s.Fail("the event %s comes after that of a later end", e.Op)
		}
		latest = r.End
	}
}
