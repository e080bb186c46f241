package program

import "pgregory.net/rapid"

// Generator draws setups and steps with rapid.
type Generator struct {
	ack, ttl, max, attempts *rapid.Generator[int]
	far, trace              *rapid.Generator[bool]
	noExit, reentrant       *rapid.Generator[bool]
	sweep                   *rapid.Generator[bool]
	closeAfter              *rapid.Generator[int]
	token                   map[string]*rapid.Generator[string] // by operation
	presented               *rapid.Generator[string]
	instant                 map[string]*rapid.Generator[string] // by operation; "far" for all with far instants
	n, backend              *rapid.Generator[int]
	candidate, failure      *rapid.Generator[string]
	after, chunk            *rapid.Generator[int]
}

// NewGenerator returns a generator whose weights reach every answer of every operation in more
// than one of a hundred of its calls. rapid draws early elements of a list a little more often.
func NewGenerator() Generator {
	const no, yes, never = false, true, 1<<31 - 1
	return Generator{
		ack:        rapid.SampledFrom([]int{0, 0, 0, 1, 1, 2, 3, 3, 4, 5, 6, 7}),
		ttl:        rapid.SampledFrom([]int{0, 0, 0, 1, 2, 2, 3, 3, 4, 5, 6, 7}),
		max:        rapid.SampledFrom([]int{4, 4, 4, 3, 3, 2, 0, 1, 5, 5, 4, 4, 3, 2, 0, 5}),
		attempts:   rapid.IntRange(0, MaxAttempts-1),
		far:        rapid.SampledFrom([]bool{no, no, yes}),
		trace:      rapid.SampledFrom([]bool{yes, no}),
		noExit:     rapid.SampledFrom([]bool{no, no, no, no, no, no, yes}),
		reentrant:  rapid.SampledFrom([]bool{no, no, no, no, no, no, yes, no}),
		sweep:      rapid.Bool(),
		closeAfter: rapid.SampledFrom([]int{never, never, never, never, never, never, never, never, never, 30, 15, 45}),
		token: map[string]*rapid.Generator[string]{
			"Register":    weighted(Tokens(), 4, 12, 1, 3, 1, 1, 1, 1),
			"Consume":     weighted(Tokens(), 6, 5, 4, 2, 1, 1, 1, 1),
			"Acknowledge": weighted(Tokens(), 14, 2, 4, 2, 1, 1, 1, 1),
			"Abandon":     weighted(Tokens(), 4, 4, 2, 5, 2, 2, 2, 1),
			"Expire":      weighted(Tokens(), 14, 3, 3, 2, 1, 1, 1, 1),
		},
		presented: weighted(PresentedTokens(), 12, 2, 1, 1, 2, 1),
		instant: map[string]*rapid.Generator[string]{
			"":              weighted(Instants(), 10, 8, 2, 2, 1, 4, 6, 3, 1, 2, 1, 1, 1, 1, 2, 0, 0, 0, 0, 0, 0),
			"Issue":         weighted(Instants(), 10, 8, 2, 2, 1, 1, 1, 1, 1, 2, 2, 8, 6, 1, 2, 0, 0, 0, 0, 0, 0),
			"Begin":         weighted(Instants(), 10, 8, 2, 2, 1, 1, 1, 1, 1, 2, 2, 8, 6, 1, 2, 0, 0, 0, 0, 0, 0),
			"ExpireOverdue": weighted(Instants(), 3, 3, 2, 1, 1, 1, 1, 1, 5, 6, 4, 3, 1, 2, 4, 0, 0, 0, 0, 0, 0),
			"far":           weighted(Instants(), 5, 4, 1, 1, 1, 2, 3, 2, 1, 1, 1, 1, 1, 1, 1, 6, 3, 2, 2, 2, 2),
		},
		n:         rapid.IntRange(0, 15),
		backend:   rapid.IntRange(0, 3),
		candidate: weighted(Candidates(), 6, 2, 2, 1),
		failure:   rapid.SampledFrom(Failures()),
		after:     rapid.SampledFrom([]int{4, 4, 4, 4, 4, 4, 4, 3, 2, 1, 0, 0}),
		chunk:     rapid.SampledFrom(Chunks()),
	}
}

// weighted draws each name in proportion to its weight.
func weighted(names []string, weights ...int) *rapid.Generator[string] {
	var all []string
	for i, name := range names {
		for range weights[i] {
			all = append(all, name)
		}
	}
	return rapid.SampledFrom(all)
}

// Setup draws the options of a sequence.
func (g Generator) Setup(t *rapid.T) Setup {
	var flags byte
	for i, flag := range []*rapid.Generator[bool]{g.far, g.trace, g.noExit, g.reentrant} {
		if flag.Draw(t, flagNames()[i]) {
			flags |= 1 << i
		}
	}
	return setupOf(g.ack.Draw(t, "ack"), g.ttl.Draw(t, "ttl"), g.max.Draw(t, "max"), g.attempts.Draw(t, "attempts"), flags)
}

// CloseAfter draws the number of steps before which a sequence does not call Close: afterwards
// every call is refused, so an early Close would leave little to test.
func (g Generator) CloseAfter(t *rapid.T) int { return g.closeAfter.Draw(t, "close after") }

// SweepAtEnd draws whether a sequence ends with a sweep before Close.
func (g Generator) SweepAtEnd(t *rapid.T) bool { return g.sweep.Draw(t, "sweep at the end") }

// Step draws one step of an operation. It draws only what the operation uses: then rapid has
// less to shrink.
func (g Generator) Step(t *rapid.T, op string, far bool) Step {
	s := Step{Op: op}
	if token := g.token[op]; token != nil {
		s.Token = Choice{token.Draw(t, "token"), g.n.Draw(t, "n")}
	}
	switch op {
	case "Register", "Begin":
		s.Backend = g.backend.Draw(t, "backend")
	case "Consume":
		s.Presented = Choice{g.presented.Draw(t, "presented"), g.n.Draw(t, "n")}
	case "Fill", "Thin":
		s.Token.N = g.n.Draw(t, "n")
	}
	switch op {
	case "Abandon", "Close", "Thin":
	default:
		s.Now = Choice{g.instantOf(op, far).Draw(t, "now"), g.n.Draw(t, "n")}
	}
	if op == "Issue" || op == "Begin" {
		s.Rand = g.random(t)
	}
	return s
}

func (g Generator) instantOf(op string, far bool) *rapid.Generator[string] {
	if far {
		op = "far"
	}
	if instant := g.instant[op]; instant != nil {
		return instant
	}
	return g.instant[""]
}

func (g Generator) random(t *rapid.T) Random {
	r := Random{Failure: Failures()[0], Chunk: Chunks()[0]}
	for i := range r.Candidates {
		r.Candidates[i] = g.candidate.Draw(t, "candidate")
	}
	r.After = g.after.Draw(t, "after")
	if r.After < MaxAttempts {
		r.Failure = g.failure.Draw(t, "failure")
	}
	r.Chunk = g.chunk.Draw(t, "chunk")
	return r
}
