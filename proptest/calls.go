package proptest

import (
	"time"

	"github.com/handoff-go/handoff/fallback"
	"github.com/handoff-go/handoff/model"
	"github.com/handoff-go/handoff/registry"
)

// Each method here makes one call, lets the model take the same step, and
// compares the answers. The methods say no more than that: what else must hold
// after a step is in settle.

func (s *sequence) issue(now time.Time, d draws) {
	s.enter(call{op: "Issue", now: now})
	s.source.load(d)
	got, err := s.system.Issue(now)
	next, want := s.model.Issue(s.at(now), d.tokens...)
	s.settleBegun(got, err, next, want)
}

func (s *sequence) begin(b registry.Backend, now time.Time, d draws) {
	s.enter(call{op: "Begin", backend: b, now: now})
	s.source.load(d)
	got, err := s.system.Begin(b, now)
	next, want := s.model.Begin(model.Backend(b), s.at(now), d.tokens...)
	s.settleBegun(got, err, next, want)
}

func (s *sequence) settleBegun(got registry.Token, err error, next model.State, want model.Answer) {
	offered := s.source.read + len(s.source.bytes)
	s.answer(err, want)
	equal(s, "token", model.Token(got.Bytes()), want.Token)
	equal(s, "bytes read from Rand", s.source.read, min(want.Draws*registry.TokenSize, offered))
	equal(s, "Rand was read at all", s.source.calls > 0, want.Draws > 0)
	if err == nil {
		_, s.relived = s.numbers[got]
		s.know(got)
		s.judge(s.lives.begin(got, s.call))
	}
	s.settle(next, want)
}

func (s *sequence) register(t registry.Token, b registry.Backend, now time.Time) {
	s.enter(call{op: "Register", token: t, backend: b, now: now})
	err := s.system.Register(t, b, now)
	next, want := s.model.Register(t.Bytes(), model.Backend(b), s.at(now))
	s.answer(err, want)
	if err == nil {
		s.judge(s.lives.register(t, s.call))
	}
	s.settle(next, want)
}

func (s *sequence) consume(expected, presented registry.Token, now time.Time) {
	s.enter(call{op: "Consume", token: expected, presented: presented, now: now})
	err := s.system.Consume(expected, presented, now)
	next, want := s.model.Consume(expected.Bytes(), presented.Bytes(), s.at(now))
	s.answer(err, want)
	if err == nil {
		s.judge(s.lives.consume(expected, presented))
	}
	s.settle(next, want)
}

func (s *sequence) acknowledge(t registry.Token, now time.Time) {
	s.enter(call{op: "Acknowledge", token: t, now: now})
	got, err := s.system.Acknowledge(t, now)
	next, want := s.model.Acknowledge(t.Bytes(), s.at(now))
	s.answer(err, want)
	var wanted registry.Acknowledged
	if want.Verdict == model.OK {
		wanted = registry.Acknowledged{Token: t, Backend: registry.Backend(want.Exits[0].Backend), Waited: want.Exits[0].Waited}
	}
	equal(s, "answer", got, wanted)
	if err == nil {
		s.judge(s.lives.acknowledge(t, s.call))
	}
	s.settle(next, want)
}

func (s *sequence) abandon(t registry.Token) {
	s.enter(call{op: "Abandon", token: t})
	got, ok := s.system.Abandon(t)
	next, want := s.model.Abandon(t.Bytes())
	var wanted registry.Backend
	if want.Verdict == model.OK {
		wanted = registry.Backend(want.Exits[0].Backend)
	}
	equal(s, "a handoff was pending", ok, want.Verdict == model.OK)
	equal(s, "backend", got, wanted)
	s.settle(next, want)
}

func (s *sequence) expire(t registry.Token, now time.Time) {
	s.enter(call{op: "Expire", token: t, now: now})
	got, ok := s.system.Expire(t, now)
	next, want := s.model.Expire(t.Bytes(), s.at(now))
	equal(s, "it expired", ok, want.Verdict == model.OK)
	if ok {
		s.expired(got, want.Exits[0])
	} else {
		equal(s, "answer", got, registry.Expired{})
	}
	s.settle(next, want)
}

func (s *sequence) expireOverdue(now time.Time) {
	s.enter(call{op: "ExpireOverdue", now: now})
	got := s.system.ExpireOverdue(now)
	next, want := s.model.ExpireOverdue(s.at(now))
	equal(s, "how many expired", len(got), len(want.Exits))
	wanted := exitsByToken(want.Exits)
	for i, e := range got {
		exit, ok := wanted[e.Token.Bytes()]
		if !ok {
			s.fail("G1, G3: %s expired, which was not to", s.name(e.Token))
		}
		delete(wanted, e.Token.Bytes()) // none twice
		s.expired(e, exit)
		if i > 0 && e.Deadline.Before(got[i-1].Deadline) {
			s.fail("the oldest deadline is not first: %s after %s", s.instantName(e.Deadline), s.instantName(got[i-1].Deadline))
		}
	}
	s.settle(next, want)
}

func (s *sequence) close() {
	s.enter(call{op: "Close"})
	got := s.system.Close()
	next, want := s.model.Close()
	equal(s, "how many were abandoned", len(got), len(want.Exits))
	wanted := exitsByToken(want.Exits)
	for _, a := range got {
		exit, ok := wanted[a.Token.Bytes()]
		if !ok {
			s.fail("G1: %s was abandoned, which was not pending", s.name(a.Token))
		}
		delete(wanted, a.Token.Bytes()) // none twice
		equal(s, "backend", a.Backend, registry.Backend(exit.Backend))
	}
	s.settle(next, want)
}

// fill begins and issues tokens until there is no room, and one more.
func (s *sequence) fill(n int, when pick) {
	for i := s.model.Tokens(); i <= s.setup.max && !s.model.Closed; i++ {
		now := s.when(when, registry.Token{})
		if (i+n)%(2+n%3) == 0 {
			s.issue(now, s.fresh())
		} else {
			s.begin(backend(i+n), now, s.fresh())
		}
	}
}

// thin ends every n-th live token but one, and acknowledges the others.
func (s *sequence) thin(n int) {
	for i, t := range s.all("live") {
		switch {
		case i%(2+n%4) != 0:
		case i%2 == 0:
			s.abandon(t)
		default:
			s.acknowledge(t, s.clock)
		}
	}
}

// probe makes sure that a token that had its end is refused on every path. (G2)
func (s *sequence) probe(t registry.Token) {
	if _, live := s.record(t); live {
		return // it began a new life
	}
	before := s.system.Stats()
	s.asideAs("probe", func() {
		s.acknowledge(t, s.clock)
		s.consume(t, t, s.clock)
		s.register(t, backend(0), s.clock)
		s.expire(t, s.clock)
		s.abandon(t)
	})
	if b, ok := s.system.Backend(t); ok {
		s.fail("G2: dead %s has the backend %v", s.name(t), b)
	}
	equal(s, "G2: the counts after probing a dead token", s.system.Stats(), before)
}

// reveal shows what a live record keeps to itself: whether it was consumed, and
// that it is not over before its end. It asks only for what is refused.
func (s *sequence) reveal(t registry.Token) {
	r, live := s.record(t)
	if !live || s.model.Closed {
		return
	}
	before := s.clock
	if r.End < model.Never {
		before = s.moment(r.End - 1)
	}
	s.asideAs("probe", func() {
		if r.Pending {
			s.register(t, backend(1), before)
		} else {
			s.acknowledge(t, before)
		}
		s.consume(t, near(t, len(s.known)), before)
		s.expire(t, before)
	})
}

// answer checks an error against the verdict that it must stand for.
func (s *sequence) answer(err error, want model.Answer) {
	if !s.stands(err, want.Verdict) {
		s.fail("the answer is %v, want %s", s.errorName(err), want.Verdict)
	}
	if want.Verdict != model.DeadlineReached {
		return
	}
	late := asDeadlineError(err)
	equal(s, "DeadlineError.Late", late.Late, want.Late)
	equal(s, "DeadlineError.Backend", late.Backend, registry.Backend(want.Exits[0].Backend))
	s.sameTime("DeadlineError.Deadline", late.Deadline, want.Exits[0].Deadline)
	equal(s, "DeadlineError.Timeout", late.Timeout(), true)
	equal(s, "DeadlineError.Fallback", late.Fallback(), fallback.Decision{Reason: fallback.BackendAckTimeout})
}

func (s *sequence) expired(got registry.Expired, want model.Exit) {
	equal(s, "token", model.Token(got.Token.Bytes()), want.Token)
	equal(s, "backend", got.Backend, registry.Backend(want.Backend))
	s.sameTime("deadline", got.Deadline, want.Deadline)
	equal(s, "Fallback", got.Fallback(), fallback.Decision{Reason: fallback.BackendAckTimeout})
}

func exitsByToken(exits []model.Exit) map[model.Token]model.Exit {
	m := make(map[model.Token]model.Exit, len(exits))
	for _, e := range exits {
		m[e.Token] = e
	}
	return m
}
