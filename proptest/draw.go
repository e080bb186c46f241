package proptest

import "pgregory.net/rapid"

// generator draws setups and steps.
type generator struct {
	ack, ttl, max, attempts   *rapid.Generator[int]
	far, trace, quiet, nested *rapid.Generator[bool]
	sweep                     *rapid.Generator[bool]
	closing                   *rapid.Generator[int]
	token                     map[string]*rapid.Generator[string] // by operation
	presented                 *rapid.Generator[string]
	when                      map[string]*rapid.Generator[string] // by operation, or far
	n, backend                *rapid.Generator[int]
	candidate, failure        *rapid.Generator[string]
	after, chunk              *rapid.Generator[int]
}

// newGenerator says how often what is drawn. rapid prefers what comes early in
// a list, somewhat.
func newGenerator() generator {
	const no, yes, never = false, true, 1<<31 - 1
	return generator{
		ack:      rapid.SampledFrom([]int{0, 0, 0, 1, 1, 2, 3, 3, 4, 5, 6, 7}),
		ttl:      rapid.SampledFrom([]int{0, 0, 0, 1, 2, 2, 3, 3, 4, 5, 6, 7}),
		max:      rapid.SampledFrom([]int{4, 4, 4, 3, 3, 2, 0, 1, 5, 5, 4, 4, 3, 2, 0, 5}),
		attempts: rapid.IntRange(0, maxAttempts-1),
		far:      rapid.SampledFrom([]bool{no, no, yes}),
		trace:    rapid.SampledFrom([]bool{yes, no}),
		quiet:    rapid.SampledFrom([]bool{no, no, no, no, no, no, yes}),
		nested:   rapid.SampledFrom([]bool{no, no, no, no, no, no, yes, no}),
		sweep:    rapid.Bool(),
		closing:  rapid.SampledFrom([]int{never, never, never, never, never, never, never, never, never, 30, 15, 45}),
		token: map[string]*rapid.Generator[string]{
			"Register":    weighted(tokenNames(), 4, 12, 1, 3, 1, 1, 1, 1),
			"Consume":     weighted(tokenNames(), 6, 5, 4, 2, 1, 1, 1, 1),
			"Acknowledge": weighted(tokenNames(), 14, 2, 4, 2, 1, 1, 1, 1),
			"Abandon":     weighted(tokenNames(), 4, 4, 2, 5, 2, 2, 2, 1),
			"Expire":      weighted(tokenNames(), 14, 3, 3, 2, 1, 1, 1, 1),
		},
		presented: weighted(presentedNames(), 12, 2, 1, 1, 2, 1),
		when: map[string]*rapid.Generator[string]{
			"":              weighted(whenNames(), 10, 8, 2, 2, 1, 4, 6, 3, 1, 2, 1, 1, 1, 1, 2, 0, 0, 0, 0, 0, 0),
			"Issue":         weighted(whenNames(), 10, 8, 2, 2, 1, 1, 1, 1, 1, 2, 2, 8, 6, 1, 2, 0, 0, 0, 0, 0, 0),
			"Begin":         weighted(whenNames(), 10, 8, 2, 2, 1, 1, 1, 1, 1, 2, 2, 8, 6, 1, 2, 0, 0, 0, 0, 0, 0),
			"ExpireOverdue": weighted(whenNames(), 3, 3, 2, 1, 1, 1, 1, 1, 5, 6, 4, 3, 1, 2, 4, 0, 0, 0, 0, 0, 0),
			"far":           weighted(whenNames(), 5, 4, 1, 1, 1, 2, 3, 2, 1, 1, 1, 1, 1, 1, 1, 6, 3, 2, 2, 2, 2),
		},
		n:         rapid.IntRange(0, 15),
		backend:   rapid.IntRange(0, 3),
		candidate: weighted(candidateNames(), 6, 2, 2, 1),
		failure:   rapid.SampledFrom(failureNames()),
		after:     rapid.SampledFrom([]int{4, 4, 4, 4, 4, 4, 4, 3, 2, 1, 0, 0}),
		chunk:     rapid.SampledFrom(chunks()),
	}
}

// weighted draws each of the names as often as its weight says.
func weighted(names []string, weights ...int) *rapid.Generator[string] {
	var all []string
	for i, name := range names {
		for range weights[i] {
			all = append(all, name)
		}
	}
	return rapid.SampledFrom(all)
}

func (g generator) setup(t *rapid.T) setup {
	var flags byte
	for i, flag := range []*rapid.Generator[bool]{g.far, g.trace, g.quiet, g.nested} {
		if flag.Draw(t, flagNames()[i]) {
			flags |= 1 << i
		}
	}
	return setupOf(g.ack.Draw(t, "ack"), g.ttl.Draw(t, "ttl"), g.max.Draw(t, "max"), g.attempts.Draw(t, "attempts"), flags)
}

// step draws what the operation needs and no more, which lets rapid shrink it.
func (g generator) step(t *rapid.T, op string, far bool) step {
	p := step{op: op}
	if token := g.token[op]; token != nil {
		p.token = pick{token.Draw(t, "token"), g.n.Draw(t, "n")}
	}
	switch op {
	case "Register", "Begin":
		p.backend = g.backend.Draw(t, "backend")
	case "Consume":
		p.other = pick{g.presented.Draw(t, "presented"), g.n.Draw(t, "n")}
	case "Fill", "Thin":
		p.token.n = g.n.Draw(t, "n")
	}
	switch op {
	case "Abandon", "Close", "Thin":
	default:
		p.when = pick{g.whenFor(op, far).Draw(t, "when"), g.n.Draw(t, "n")}
	}
	if op == "Issue" || op == "Begin" {
		p.rand = g.script(t)
	}
	return p
}

func (g generator) whenFor(op string, far bool) *rapid.Generator[string] {
	if far {
		op = "far"
	}
	if when := g.when[op]; when != nil {
		return when
	}
	return g.when[""]
}

func (g generator) script(t *rapid.T) script {
	p := script{failure: failureNames()[0], chunk: chunks()[0]}
	for i := range p.candidates {
		p.candidates[i] = g.candidate.Draw(t, "candidate")
	}
	p.after = g.after.Draw(t, "after")
	if p.after < maxAttempts {
		p.failure = g.failure.Draw(t, "failure")
	}
	p.chunk = g.chunk.Draw(t, "chunk")
	return p
}
