package sequence

import (
	"github.com/handoff-go/handoff/model"
	"github.com/handoff-go/handoff/proptest/internal/contract"
	"github.com/handoff-go/handoff/proptest/internal/oracle"
	"github.com/handoff-go/handoff/registry"
)

// probeRevoked checks that a token whose lifetime has ended is refused on every path, and that
// nothing changes by asking. (G2)
func (s *Sequence) probeRevoked(t registry.Token) {
	if _, live := s.record(t); live {
		return // it was issued again
	}
	before := s.system.Stats()
	s.uncounted(inProbe, func() {
		s.Acknowledge(t, s.clock)
		s.Consume(t, t, s.clock)
		s.Register(t, contract.SampleBackend(0), s.clock)
		s.Expire(t, s.clock)
		s.Abandon(t)
	})
	if b, ok := s.system.Backend(t); ok {
		s.Fail("%v: revoked %s has the backend %v", oracle.AlwaysRevoked, s.tokenName(t), b)
	}
	guaranteed(s, oracle.AlwaysRevoked, "Stats after calls with a revoked token", s.system.Stats(), before)
}

// probeLive checks what no query tells of a live token: whether it was consumed, and that it has
// not ended yet. It makes only calls that must be refused, one nanosecond before the end.
func (s *Sequence) probeLive(t registry.Token) {
	r, live := s.record(t)
	if !live || s.model.Closed {
		return
	}
	now := s.clock
	if r.End < model.Never {
		now = s.Time(r.End - 1)
	}
	s.uncounted(inProbe, func() {
		if r.Pending {
			s.Register(t, contract.SampleBackend(1), now)
		} else {
			s.Acknowledge(t, now)
		}
		s.Consume(t, near(t, len(s.known)), now)
		s.Expire(t, now)
	})
}
