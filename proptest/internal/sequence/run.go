package sequence

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/handoff-go/handoff/proptest/internal/contract"
	"github.com/handoff-go/handoff/proptest/internal/oracle"
	"github.com/handoff-go/handoff/proptest/internal/program"
	"github.com/handoff-go/handoff/registry"
)

// Property returns the property that rapid checks: whatever the operations, the registry answers
// as the model does.
func Property(f contract.Factory, count Counter, reentry Reentry) func(*rapid.T) {
	draw := program.NewGenerator()
	return func(t *rapid.T) {
		s := New(t, f, draw.Setup(t), count, reentry)
		steps, closeAfter := 0, draw.CloseAfter(t)

		actions := map[string]func(*rapid.T){"": func(*rapid.T) { s.Check() }}
		for _, op := range program.Ops() {
			actions[op] = func(t *rapid.T) {
				if op == "Close" && steps < closeAfter {
					t.Skip("too early to close") // after Close every call is refused
				}
				steps++
				s.do(draw.Step(t, op, s.setup.Far))
			}
		}
		t.Repeat(actions)
		s.end(draw.SweepAtEnd(t))
	}
}

// Replay runs a program, and fails t at the first difference.
func Replay(t testing.TB, f contract.Factory, code []byte, count Counter) {
	t.Helper()
	setup, steps := program.Decode(code)
	s := New(&QuietTB{TB: t}, f, setup, count, NewReentry(Patience))
	s.Check()
	for _, step := range steps {
		s.do(step)
		s.Check()
	}
	s.end(len(steps)%2 == 0)
}

// do takes one step, and compares its results.
func (s *Sequence) do(p program.Step) {
	s.t.Helper()
	token := s.choose(p.Token)
	switch p.Op {
	case "Issue":
		s.Issue(s.instant(p.Now, registry.Token{}), s.draws(p.Rand))
	case "Begin":
		s.Begin(contract.SampleBackend(p.Backend), s.instant(p.Now, registry.Token{}), s.draws(p.Rand))
	case "Register":
		s.Register(token, contract.SampleBackend(p.Backend), s.instant(p.Now, token))
	case "Consume":
		s.Consume(token, s.choosePresented(p.Presented, token), s.instant(p.Now, token))
	case "Acknowledge":
		s.Acknowledge(token, s.instant(p.Now, token))
	case "Abandon":
		s.Abandon(token)
	case "Expire":
		s.Expire(token, s.instant(p.Now, token))
	case "ExpireOverdue":
		s.ExpireOverdue(s.instant(p.Now, registry.Token{}))
	case "Close":
		s.Close()
	case "Fill":
		s.uncounted(inBulk, func() { s.fill(p.Token.N, p.Now) })
		s.countAnswer(p.Op, "done")
	case "Thin":
		s.uncounted(inBulk, func() { s.thin(p.Token.N) })
		s.countAnswer(p.Op, "done")
	}
	if p.Op == "Issue" || p.Op == "Begin" {
		token = s.choose(program.Choice{Kind: "live", N: len(s.known) - 1})
	}
	s.probeLive(token)
	s.probeLive(s.choose(p.Token))
}

// fill begins and issues tokens until MaxPending is reached, and one more.
func (s *Sequence) fill(n int, when program.Choice) {
	for i := s.model.Tokens(); i <= s.setup.MaxPending && !s.model.Closed; i++ {
		now := s.instant(when, registry.Token{})
		if (i+n)%(2+n%3) == 0 {
			s.Issue(now, s.fresh())
		} else {
			s.Begin(contract.SampleBackend(i+n), now, s.fresh())
		}
	}
}

// thin ends one of every two to five live tokens: half of those it abandons, the others it
// acknowledges.
func (s *Sequence) thin(n int) {
	for i, t := range s.all("live") {
		switch {
		case i%(2+n%4) != 0:
		case i%2 == 0:
			s.Abandon(t)
		default:
			s.Acknowledge(t, s.clock)
		}
	}
}

// end closes the registry, with or without a sweep before, and checks that every handoff has
// ended. (G7)
func (s *Sequence) end(sweep bool) {
	s.t.Helper()
	s.uncounted(inProbe, func() {
		if s.setup.Far {
			s.ExpireOverdue(time.Time{})
		}
		if last, ok := s.lastEnd(); ok && sweep {
			s.ExpireOverdue(s.firstEnd().Add(-1))
			s.ExpireOverdue(last)
			s.Check()
			s.require(oracle.CheckSwept(s.system.Len(), len(s.all("never"))))
		}
		s.Close()
		s.Check()
		s.require(oracle.CheckClosed(s.system.Tokens()))
		s.judge(s.oracle.Closed())
	})
	for _, t := range s.known[max(0, len(s.known)-4):] {
		s.probeRevoked(t)
	}
	s.Check()
}
