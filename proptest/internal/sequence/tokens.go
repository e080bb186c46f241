package sequence

import (
	"github.com/handoff-go/handoff/model"
	"github.com/handoff-go/handoff/proptest/internal/contract"
	"github.com/handoff-go/handoff/proptest/internal/program"
	"github.com/handoff-go/handoff/registry"
)

// choose returns a token of the kind. Without one it takes any live token, then a revoked one,
// then a foreign one.
func (s *Sequence) choose(c program.Choice) registry.Token {
	switch c.Kind {
	case "zero":
		return registry.Token{}
	case "foreign":
		return foreign(c.N)
	case "near":
		return near(s.choose(program.Choice{Kind: "live", N: c.N}), c.N)
	}
	for _, kind := range []string{c.Kind, "live", "dead"} {
		if some := s.all(kind); len(some) > 0 {
			return some[c.N%len(some)]
		}
	}
	return foreign(c.N)
}

// choosePresented returns the token that is presented where t is expected.
func (s *Sequence) choosePresented(c program.Choice, t registry.Token) registry.Token {
	switch c.Kind {
	case "same":
		return t
	case "near":
		return near(t, c.N)
	}
	return s.choose(c)
}

// all returns the known tokens of a kind, in the order in which they were issued.
func (s *Sequence) all(kind string) []registry.Token {
	var some []registry.Token
	for _, t := range s.known {
		r, live := s.record(t)
		matches := false
		switch kind {
		case "pending":
			matches = r.Pending
		case "issued":
			matches = live && !r.Pending
		case "consumed":
			matches = r.Consumed
		case "live":
			matches = live
		case "dead":
			matches = !live
		case "never":
			matches = r.Pending && r.End == model.Never
		}
		if matches {
			some = append(some, t)
		}
	}
	return some
}

// foreign returns a token that no random source gives.
func foreign(n int) registry.Token {
	return contract.Token(model.Token{0: 0xff, 7: byte(n % 4), 15: 0xff})
}

// near returns t with one bit flipped.
func near(t registry.Token, n int) registry.Token {
	b := t.Bytes()
	bit := n * 53 % (8 * len(b)) // 53 has no common factor with 128: every bit has its turn
	b[bit/8] ^= 1 << (bit % 8)
	return contract.Token(b)
}
