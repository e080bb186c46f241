package proptest

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/handoff-go/handoff/registry"
)

const (
	crowd       = 600
	crowdRounds = 5
)

// checkCrowd lets many handoffs live at once, and end in several orders: what
// keeps them must grow, shrink and be used again. The orders are the same each
// time.
func checkCrowd(t testing.TB, f factory) {
	t.Helper()
	for seed := range uint64(2) {
		s := newSequence(&laconic{TB: t}, f, setup{ack: time.Second, ttl: time.Minute, max: crowd, attempts: 1, trace: seed == 0}, Coverage{}, newNested(patience))
		s.aside = "bulk"
		r := rand.New(rand.NewPCG(seed, 3))
		for round := range crowdRounds {
			s.fill(int(seed), pick{of: "tick"})
			s.checkCrowdBackends()
			s.endSome(r, round)
			s.checkCrowdBackends()
		}
		s.fill(int(seed), pick{of: "tick"})
		s.end(seed == 0)
	}
}

func (s *sequence) checkCrowdBackends() {
	for _, t := range s.all("live") {
		s.checkBackend(t)
	}
	s.check()
}

// endSome ends all, but a few in every second round: the oldest first, the
// youngest first, or in any order.
func (s *sequence) endSome(r *rand.Rand, round int) {
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
		s.expireOverdue(s.endOf(tokens[len(tokens)/2]))
	}
}

func (s *sequence) endOne(t registry.Token, how int) {
	switch how {
	case 0:
		s.abandon(t)
	case 1:
		s.expire(t, s.clock.Add(time.Second))
	case 2:
		s.consume(t, t, s.clock)
	}
	if _, live := s.record(t); live {
		s.acknowledge(t, s.clock)
	}
}
