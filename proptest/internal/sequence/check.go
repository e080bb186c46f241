package sequence

import (
	"time"

	"github.com/handoff-go/handoff/fallback"
	"github.com/handoff-go/handoff/model"
	"github.com/handoff-go/handoff/proptest/internal/contract"
	"github.com/handoff-go/handoff/proptest/internal/oracle"
	"github.com/handoff-go/handoff/proptest/internal/program"
	"github.com/handoff-go/handoff/registry"
)

// start begins a call.
func (s *Sequence) start(c call) {
	s.call = c
	s.before = s.model
	s.t.Logf("%v", description{s, c})
}

// finish takes the model's step, and compares what the registry told besides its answer.
func (s *Sequence) finish(next model.State, want model.Answer) {
	s.model = next
	if err := next.Check(); err != nil {
		s.Fail("the model itself breaks a guarantee: %v", err)
	}
	s.checkExits(want.Exits)
	s.checkTrace(want)
	s.checkReentry()
	if s.purpose == inStep {
		s.countAnswer(s.call.op, s.answerKind(want))
	}
	if s.purpose != inProbe && len(want.Exits) > 0 {
		s.probeRevoked(contract.Token(want.Exits[len(want.Exits)-1].Token))
	}
}

// judgeExits lets the oracle judge the calls of OnExit.
func (s *Sequence) judgeExits() {
	for _, e := range s.exits {
		s.judge(s.oracle.Exited(e, s.call.now))
	}
}

// checkExits: OnExit was called once for each handoff that left, before the call returned. In a
// sweep the earliest deadline came first. (G1)
func (s *Sequence) checkExits(want []model.Exit) {
	exits := s.exits
	s.exits = s.exits[:0]
	if s.setup.NoExit {
		return
	}
	guaranteed(s, oracle.LeavesExactlyOnce, "the number of calls of OnExit", len(exits), len(want))
	wanted := contract.ExitsByToken(want)
	latest := -model.Never
	for _, e := range exits {
		exit, ok := wanted[e.Token.Bytes()]
		if !ok {
			s.Fail("%v: OnExit was called for %s, which did not leave, or twice", oracle.LeavesExactlyOnce, s.tokenName(e.Token))
		}
		delete(wanted, e.Token.Bytes())
		equal(s, "Exit.Backend", e.Backend, registry.Backend(exit.Backend))
		equal(s, "Exit.State", e.State, contract.State(exit.Outcome))
		equal(s, "Exit.Waited", e.Waited, exit.Waited)
		if s.call.op == "ExpireOverdue" && exit.Deadline < latest {
			s.Fail("OnExit was called for a deadline after a later one")
		}
		latest = exit.Deadline
	}
}

// Check compares the answers of all queries. They must change nothing.
func (s *Sequence) Check() {
	s.t.Helper()
	stats := s.system.Stats()
	s.judge(s.oracle.Counted(stats))
	equal(s, "Stats", stats, contract.Stats(s.model))
	s.require(oracle.CheckConserved(stats))
	equal(s, "Len", s.system.Len(), s.model.Len())
	equal(s, "Tokens", s.system.Tokens(), s.model.Tokens())
	equal(s, "AckDeadline", s.system.AckDeadline(), s.model.Options.AckDeadline)
	s.checkNextDeadline()
	for i := range min(16, len(s.known)) {
		s.checkBackend(s.known[len(s.known)-1-i])
	}
	s.checkBackend(s.choose(program.Choice{Kind: "live", N: int(stats.Issued + stats.Revoked)}))
	s.checkBackend(foreign(0))
	s.checkBackend(registry.Token{})
	if len(s.exits) > 0 || len(s.trace.events) > 0 {
		s.Fail("a query called OnExit or Trace")
	}
}

func (s *Sequence) checkNextDeadline() {
	got, ok := s.system.NextDeadline()
	want, wantOK := s.model.NextDeadline()
	equal(s, "whether NextDeadline has one", ok, wantOK)
	if ok {
		s.equalTime("NextDeadline", got, want)
	} else if !got.IsZero() {
		s.Fail("NextDeadline: got %s and false, want the zero time", s.timeName(got))
	}
}

func (s *Sequence) checkBackend(t registry.Token) {
	got, ok := s.system.Backend(t)
	if ok {
		s.judge(s.oracle.Live(t))
	}
	want, wantOK := s.model.Backend(t.Bytes())
	equal(s, "whether Backend has one", ok, wantOK)
	equal(s, "Backend", got, registry.Backend(want))
}

// requireError compares an error with the verdict that it must match.
func (s *Sequence) requireError(err error, want model.Answer) {
	if !s.matches(err, want.Verdict) {
		s.Fail("the error: got %v, want %s", s.errorName(err), want.Verdict)
	}
	if want.Verdict != model.DeadlineReached {
		return
	}
	late := contract.DeadlineError(err)
	equal(s, "DeadlineError.Late", late.Late, want.Late)
	equal(s, "DeadlineError.Backend", late.Backend, registry.Backend(want.Exits[0].Backend))
	s.equalTime("DeadlineError.Deadline", late.Deadline, want.Exits[0].Deadline)
	equal(s, "DeadlineError.Timeout", late.Timeout(), true)
	equal(s, "DeadlineError.Fallback", late.Fallback(), fallback.Decision{Reason: fallback.BackendAckTimeout})
}

// matches is contract.Matches, and judges an error of the random source, too.
func (s *Sequence) matches(err error, v model.Verdict) bool {
	failed := err != nil && s.rand.failedWith(err)
	return failed == (v == model.RandomFailed) && contract.Matches(err, v)
}

func (s *Sequence) requireExpired(got registry.Expired, want model.Exit) {
	equal(s, "Expired.Token", model.Token(got.Token.Bytes()), want.Token)
	equal(s, "Expired.Backend", got.Backend, registry.Backend(want.Backend))
	s.equalTime("Expired.Deadline", got.Deadline, want.Deadline)
	equal(s, "Expired.Fallback", got.Fallback(), fallback.Decision{Reason: fallback.BackendAckTimeout})
}

// judge fails if the oracle found a violation. Without OnExit the oracle cannot know what left.
func (s *Sequence) judge(violation error) {
	if !s.setup.NoExit {
		s.require(violation)
	}
}

func (s *Sequence) require(err error) {
	if err != nil {
		s.Fail("%v", err)
	}
}

func equal[T comparable](s *Sequence, what string, got, want T) {
	if got != want {
		s.Fail("%s: got %+v, want %+v", what, got, want)
	}
}

// guaranteed is equal, for what a guarantee requires.
func guaranteed[T comparable](s *Sequence, g oracle.Guarantee, what string, got, want T) {
	if got != want {
		s.Fail("%v: %s: got %+v, want %+v", g, what, got, want)
	}
}

func (s *Sequence) equalTime(what string, got time.Time, want model.Instant) {
	if !got.Equal(s.Time(want)) {
		s.Fail("%s: got %s, want %s", what, s.timeName(got), s.timeName(s.Time(want)))
	}
}
