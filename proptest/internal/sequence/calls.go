package sequence

import (
	"time"

	"github.com/handoff-go/handoff/model"
	"github.com/handoff-go/handoff/proptest/internal/contract"
	"github.com/handoff-go/handoff/proptest/internal/oracle"
	"github.com/handoff-go/handoff/registry"
)

// Each method in this file makes one call, lets the oracle judge what the registry told, lets the
// model take the same step, and compares the answers. The oracle comes first, so that a failure
// names the guarantee that is broken. What else must hold after a step is in finish.

// Issue calls Issue, with what the random source gives.
func (s *Sequence) Issue(now time.Time, d Draws) {
	s.start(call{op: "Issue", now: now})
	s.rand.load(d)
	got, err := s.system.Issue(now)
	next, want := s.model.Issue(s.at(now), d.tokens...)
	s.finishIssued(got, err, next, want)
}

// Begin calls Begin, with what the random source gives.
func (s *Sequence) Begin(b registry.Backend, now time.Time, d Draws) {
	s.start(call{op: "Begin", backend: b, now: now})
	s.rand.load(d)
	got, err := s.system.Begin(b, now)
	next, want := s.model.Begin(model.Backend(b), s.at(now), d.tokens...)
	s.finishIssued(got, err, next, want)
}

func (s *Sequence) finishIssued(got registry.Token, err error, next model.State, want model.Answer) {
	if err == nil {
		_, s.reissued = s.numbers[got]
		s.know(got)
		s.judge(s.oracle.Issued(got, s.call.now))
		if s.call.op == "Begin" {
			s.judge(s.oracle.Registered(got, s.call.now))
		}
	}
	s.judgeExits()
	available := s.rand.read + len(s.rand.bytes)
	s.requireError(err, want)
	equal(s, "the token", model.Token(got.Bytes()), want.Token)
	equal(s, "bytes read from Rand", s.rand.read, min(want.Draws*registry.TokenSize, available))
	equal(s, "whether Rand was read", s.rand.calls > 0, want.Draws > 0)
	s.finish(next, want)
}

// Register calls Register.
func (s *Sequence) Register(t registry.Token, b registry.Backend, now time.Time) {
	s.start(call{op: "Register", token: t, backend: b, now: now})
	err := s.system.Register(t, b, now)
	if err == nil {
		s.judge(s.oracle.Registered(t, now))
	}
	s.judgeExits()
	next, want := s.model.Register(t.Bytes(), model.Backend(b), s.at(now))
	s.requireError(err, want)
	s.finish(next, want)
}

// Consume calls Consume.
func (s *Sequence) Consume(expected, presented registry.Token, now time.Time) {
	s.start(call{op: "Consume", token: expected, presented: presented, now: now})
	err := s.system.Consume(expected, presented, now)
	if err == nil {
		s.judge(s.oracle.Consumed(expected, presented))
	}
	s.judgeExits()
	next, want := s.model.Consume(expected.Bytes(), presented.Bytes(), s.at(now))
	s.requireError(err, want)
	s.finish(next, want)
}

// Acknowledge calls Acknowledge.
func (s *Sequence) Acknowledge(t registry.Token, now time.Time) {
	s.start(call{op: "Acknowledge", token: t, now: now})
	got, err := s.system.Acknowledge(t, now)
	if err == nil {
		s.judge(s.oracle.Acknowledged(t, now))
	}
	s.judgeExits()
	next, want := s.model.Acknowledge(t.Bytes(), s.at(now))
	s.requireError(err, want)
	var wanted registry.Acknowledged
	if want.Verdict == model.OK {
		wanted = registry.Acknowledged{Token: t, Backend: registry.Backend(want.Exits[0].Backend), Waited: want.Exits[0].Waited}
	}
	equal(s, "the answer", got, wanted)
	s.finish(next, want)
}

// Abandon calls Abandon.
func (s *Sequence) Abandon(t registry.Token) {
	s.start(call{op: "Abandon", token: t})
	got, ok := s.system.Abandon(t)
	s.judgeExits()
	next, want := s.model.Abandon(t.Bytes())
	var wanted registry.Backend
	if want.Verdict == model.OK {
		wanted = registry.Backend(want.Exits[0].Backend)
	}
	equal(s, "whether a handoff was pending", ok, want.Verdict == model.OK)
	equal(s, "the backend", got, wanted)
	s.finish(next, want)
}

// Expire calls Expire.
func (s *Sequence) Expire(t registry.Token, now time.Time) {
	s.start(call{op: "Expire", token: t, now: now})
	got, ok := s.system.Expire(t, now)
	s.judgeExits()
	next, want := s.model.Expire(t.Bytes(), s.at(now))
	equal(s, "whether it expired", ok, want.Verdict == model.OK)
	if ok {
		s.requireExpired(got, want.Exits[0])
	} else {
		equal(s, "the answer", got, registry.Expired{})
	}
	s.finish(next, want)
}

// ExpireOverdue calls ExpireOverdue.
func (s *Sequence) ExpireOverdue(now time.Time) {
	s.start(call{op: "ExpireOverdue", now: now})
	got := s.system.ExpireOverdue(now)
	s.judgeExits()
	next, want := s.model.ExpireOverdue(s.at(now))
	if len(got) < len(want.Exits) {
		s.Fail("%v: got %d handoffs, want the %d that are overdue", oracle.Ends, len(got), len(want.Exits))
	}
	equal(s, "the number of handoffs that expired", len(got), len(want.Exits))
	wanted := contract.ExitsByToken(want.Exits)
	for i, e := range got {
		exit, ok := wanted[e.Token.Bytes()]
		if !ok {
			s.Fail("%s is in the answer, but was not due, or is there twice", s.tokenName(e.Token))
		}
		delete(wanted, e.Token.Bytes())
		s.requireExpired(e, exit)
		if i > 0 && e.Deadline.Before(got[i-1].Deadline) {
			s.Fail("the answer is not sorted by deadline: %s follows %s", s.timeName(e.Deadline), s.timeName(got[i-1].Deadline))
		}
	}
	s.finish(next, want)
}

// Close calls Close.
func (s *Sequence) Close() {
	s.start(call{op: "Close"})
	got := s.system.Close()
	s.judgeExits()
	next, want := s.model.Close()
	equal(s, "the number of handoffs that were abandoned", len(got), len(want.Exits))
	wanted := contract.ExitsByToken(want.Exits)
	for _, a := range got {
		exit, ok := wanted[a.Token.Bytes()]
		if !ok {
			s.Fail("%s is in the answer, but was not pending, or is there twice", s.tokenName(a.Token))
		}
		delete(wanted, a.Token.Bytes())
		equal(s, "the backend", a.Backend, registry.Backend(exit.Backend))
	}
	s.finish(next, want)
}
