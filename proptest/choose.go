package proptest

import (
	"strconv"

	"github.com/handoff-go/handoff/model"
	"github.com/handoff-go/handoff/registry"
)

// pick resolves a token. Where none answers the description, the next best is
// taken: any live one, then a dead one, then a foreign one.
func (s *sequence) pick(p pick) registry.Token {
	switch p.of {
	case "zero":
		return registry.Token{}
	case "foreign":
		return foreign(p.n)
	case "near":
		return near(s.pick(pick{"live", p.n}), p.n)
	}
	for _, of := range []string{p.of, "live", "dead"} {
		if some := s.all(of); len(some) > 0 {
			return some[p.n%len(some)]
		}
	}
	return foreign(p.n)
}

// pickPresented resolves the token that is presented where t is expected.
func (s *sequence) pickPresented(p pick, t registry.Token) registry.Token {
	switch p.of {
	case "same":
		return t
	case "near":
		return near(t, p.n)
	}
	return s.pick(p)
}

// all returns the known tokens that answer a description, the oldest first.
func (s *sequence) all(of string) []registry.Token {
	var some []registry.Token
	for _, t := range s.known {
		r, live := s.record(t)
		is := false
		switch of {
		case "pending":
			is = r.Pending
		case "issued":
			is = live && !r.Pending
		case "consumed":
			is = r.Consumed
		case "live":
			is = live
		case "dead":
			is = !live
		case "never":
			is = r.Pending && r.End == model.Never
		}
		if is {
			some = append(some, t)
		}
	}
	return some
}

func (s *sequence) count(of string) int { return len(s.all(of)) }

// foreign returns a token that no source gives.
func foreign(n int) registry.Token {
	return parse(model.Token{0: 0xff, 7: byte(n % 4), 15: 0xff})
}

// near returns t with one bit turned.
func near(t registry.Token, n int) registry.Token {
	b := t.Bytes()
	bit := n * 53 % (8 * len(b)) // 53 is odd: all bits have their turn
	b[bit/8] ^= 1 << (bit % 8)
	return parse(b)
}

func parse(t model.Token) registry.Token {
	parsed, _ := registry.ParseToken(t[:]) // the length is right
	return parsed
}

// backend is one of few, some with and some without a process.
func backend(n int) registry.Backend {
	switch n {
	case 0:
		return registry.Backend{Service: "cache"}
	case 1:
		return registry.Backend{Service: "cache", PID: 7}
	case 2:
		return registry.Backend{Service: "web", PID: 7}
	case 3:
		return registry.Backend{}
	}
	return registry.Backend{Service: "service-" + strconv.Itoa(n), PID: n}
}

// draws is what the random source is to give: some tokens, and then a failure.
type draws struct {
	tokens  []model.Token
	failure string
	chunk   int
}

// fresh is a random source that works.
func (s *sequence) fresh() draws {
	return draws{[]model.Token{s.source.next()}, "error", registry.TokenSize}
}

// draws resolves a script.
func (s *sequence) draws(p script) draws {
	d := draws{make([]model.Token, 0, maxAttempts), p.failure, p.chunk}
	for i, of := range p.candidates[:p.after] {
		var some []registry.Token
		if of == "live" || of == "dead" {
			some = s.all(of)
		}
		switch {
		case of == "zero":
			d.tokens = append(d.tokens, model.Token{})
		case len(some) > 0:
			d.tokens = append(d.tokens, some[(i+len(s.known))%len(some)].Bytes())
		default:
			d.tokens = append(d.tokens, s.source.next())
		}
	}
	return d
}
