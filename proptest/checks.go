package proptest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/handoff-go/handoff/fsm"
	"github.com/handoff-go/handoff/model"
	"github.com/handoff-go/handoff/registry"
)

// enter begins a call.
func (s *sequence) enter(c call) {
	s.call = c
	s.before = s.model
	s.t.Logf("%v", description{s, c})
}

// settle takes the model's step, and compares everything that the system told
// beside its answer.
func (s *sequence) settle(next model.State, want model.Answer) {
	s.model = next
	if err := next.Check(); err != nil {
		s.fail("the model itself breaks a guarantee: %v", err)
	}
	s.checkExits(want.Exits)
	s.checkTrace(want)
	s.checkNested()
	if s.aside == "" {
		s.coverage.add(s.call.op, s.kind(want))
	}
	if s.aside != "probe" && len(want.Exits) > 0 {
		s.probe(parse(want.Exits[len(want.Exits)-1].Token))
	}
}

// checkExits: OnExit was told of each handoff that left, once, and before the
// call returned; in a sweep the oldest deadline came first. (G1)
func (s *sequence) checkExits(want []model.Exit) {
	exits := s.exits
	s.exits = s.exits[:0]
	if s.setup.quiet {
		return
	}
	equal(s, "G1: how many exits OnExit was told", len(exits), len(want))
	wanted := exitsByToken(want)
	latest := -model.Never
	for _, e := range exits {
		exit, ok := wanted[e.Token.Bytes()]
		if !ok {
			s.fail("G1: OnExit was told of %s, which did not leave, or twice", s.name(e.Token))
		}
		delete(wanted, e.Token.Bytes())
		equal(s, "Exit.Backend", e.Backend, registry.Backend(exit.Backend))
		equal(s, "Exit.State", e.State, state(exit.Outcome))
		equal(s, "Exit.Waited", e.Waited, exit.Waited)
		if s.call.op == "ExpireOverdue" && exit.Deadline < latest {
			s.fail("OnExit was told of a deadline before an older one")
		}
		latest = exit.Deadline
		s.judge(s.lives.exit(e, s.call))
	}
}

// check compares what can be asked at any time. It must change nothing.
func (s *sequence) check() {
	s.t.Helper()
	stats := s.system.Stats()
	equal(s, "Stats", stats, statsOf(s.model))
	if err := conserved(stats); err != nil {
		s.fail("%v", err)
	}
	if !s.setup.quiet {
		s.judge(s.lives.counts(stats))
	}
	equal(s, "Len", s.system.Len(), s.model.Len())
	equal(s, "Tokens", s.system.Tokens(), s.model.Tokens())
	equal(s, "AckDeadline", s.system.AckDeadline(), s.model.Options.AckDeadline)
	s.checkNextDeadline()
	for i := range min(16, len(s.known)) {
		s.checkBackend(s.known[len(s.known)-1-i])
	}
	s.checkBackend(s.pick(pick{"live", int(stats.Issued + stats.Revoked)}))
	s.checkBackend(foreign(0))
	s.checkBackend(registry.Token{})
	if len(s.exits) > 0 || len(s.trace.events) > 0 {
		s.fail("a query was told as a step")
	}
}

func (s *sequence) checkNextDeadline() {
	got, ok := s.system.NextDeadline()
	want, wantOK := s.model.NextDeadline()
	equal(s, "NextDeadline has one", ok, wantOK)
	if ok {
		s.sameTime("NextDeadline", got, want)
	} else if !got.IsZero() {
		s.fail("NextDeadline has none, but gives %s", s.instantName(got))
	}
}

func (s *sequence) checkBackend(t registry.Token) {
	got, ok := s.system.Backend(t)
	want, wantOK := s.model.Backend(t.Bytes())
	equal(s, "Backend has one", ok, wantOK)
	equal(s, "Backend", got, registry.Backend(want))
	if ok {
		s.judge(s.lives.has(t))
	}
}

// conserved returns an error if a count is lost. (G6)
func conserved(s registry.Stats) error {
	if s.Registered != uint64(s.Pending)+s.Acknowledged+s.Expired+s.Abandoned {
		return fmt.Errorf("G6: Registered is not Pending + Acknowledged + Expired + Abandoned in %+v", s)
	}
	if s.Issued != uint64(s.Tokens)+s.Revoked {
		return fmt.Errorf("G6: Issued is not Tokens + Revoked in %+v", s)
	}
	return nil
}

// judge fails if the bookkeeping of lives objects.
func (s *sequence) judge(err error) {
	if err != nil && !s.setup.quiet {
		s.fail("%v", err)
	}
}

func equal[T comparable](s *sequence, what string, got, want T) {
	if got != want {
		s.fail("%s: got %+v, want %+v", what, got, want)
	}
}

func (s *sequence) sameTime(what string, got time.Time, want model.Instant) {
	if !got.Equal(s.moment(want)) {
		s.fail("%s: got %s, want %s", what, s.instantName(got), s.instantName(s.moment(want)))
	}
}

// fail ends the sequence. Its message names times by their distance to the base
// and tokens by number, so that it is the same when the sequence is repeated.
func (s *sequence) fail(format string, args ...any) {
	s.t.Helper()
	s.t.Fatalf("%v: %s", description{s, s.call}, fmt.Sprintf(format, args...))
}

// stands reports whether err is the error that a verdict stands for, and no
// other one.
func (s *sequence) stands(err error, v model.Verdict) bool {
	failed := err != nil && s.source.failedAs(err)
	return failed == (v == model.RandomFailed) && stands(err, v)
}

// stands is the same where the random source does not fail.
func stands(err error, v model.Verdict) bool {
	if v == model.OK || v == model.None || err == nil {
		return err == nil && (v == model.OK || v == model.None)
	}
	for _, s := range sentinels() {
		if errors.Is(err, s.err) != (s.verdict == v) {
			return false
		}
	}
	return (asDeadlineError(err) != nil) == (v == model.DeadlineReached) && !errors.Is(err, context.DeadlineExceeded)
}

// sentinels pairs each verdict with the error that it is named after.
func sentinels() [8]sentinel {
	return [...]sentinel{
		{model.NotPending, registry.ErrNotPending},
		{model.AlreadyPending, registry.ErrAlreadyPending},
		{model.TokenNotLive, registry.ErrTokenNotLive},
		{model.TokenExpired, registry.ErrTokenExpired},
		{model.TokenMismatch, registry.ErrTokenMismatch},
		{model.Full, registry.ErrFull},
		{model.Collision, registry.ErrCollision},
		{model.ErrClosed, registry.ErrClosed},
	}
}

type sentinel struct {
	verdict model.Verdict
	err     error
}

func asDeadlineError(err error) *registry.DeadlineError {
	var late *registry.DeadlineError
	errors.As(err, &late)
	return late
}

func state(o model.Outcome) fsm.State {
	switch o {
	case model.Acknowledged:
		return fsm.Acknowledged
	case model.Expired:
		return fsm.Expired
	default:
		return fsm.Abandoned
	}
}
