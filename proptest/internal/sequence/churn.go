package sequence

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/handoff-go/handoff/proptest/internal/contract"
	"github.com/handoff-go/handoff/proptest/internal/program"
	"github.com/handoff-go/handoff/registry"
)

const (
	churnHandoffs = 600
	churnRounds   = 5
)

// CheckChurn fills and empties a registry several times with many handoffs, which end in
// several orders: its storage must grow, shrink and be reused. The orders are the same in every
// run.
func CheckChurn(t testing.TB, f contract.Factory) {
	t.Helper()
	for seed := range uint64(2) {
		setup := program.Setup{AckDeadline: time.Second, TokenTTL: time.Minute, MaxPending: churnHandoffs, CollisionAttempts: 1, Trace: seed == 0}
		s := New(&QuietTB{TB: t}, f, setup, nil, NewReentry(Patience))
		s.purpose = inBulk
		r := rand.New(rand.NewPCG(seed, 3))
		tick := program.Choice{Kind: "tick"}
		for round := range churnRounds {
			s.fill(int(seed), tick)
			s.checkAllBackends()
			s.endSome(r, round)
			s.checkAllBackends()
		}
		s.fill(int(seed), tick)
		s.end(seed == 0)
	}
}

func (s *Sequence) checkAllBackends() {
	for _, t := range s.all("live") {
		s.checkBackend(t)
	}
	s.Check()
}

// endSome ends all live tokens, in every second round all but a few: the oldest first, the
// youngest first, or in a random order.
func (s *Sequence) endSome(r *rand.Rand, round int) {
	tokens := s.all("live")
	order := r.Perm(len(tokens))
	for i := range order {
		switch round % 3 {
		case 0:
			order[i] = i
		case 1:
			order[i] = len(order) - 1 - i
		}
	}
	if round%2 == 1 {
		order = order[:len(order)-1-r.IntN(len(order)/2)]
	}
	for _, i := range order {
		s.endOne(tokens[i], r.IntN(4))
	}
	if round == 3 {
		s.ExpireOverdue(s.endOf(tokens[len(tokens)/2]))
	}
}

func (s *Sequence) endOne(t registry.Token, how int) {
	switch how {
	case 0:
		s.Abandon(t)
	case 1:
		s.Expire(t, s.clock.Add(time.Second))
	case 2:
		s.Consume(t, t, s.clock)
	}
	if _, live := s.record(t); live {
		s.Acknowledge(t, s.clock)
	}
}
