package model

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Constants bound a model so that all of its states can be listed. They are those of
// the TLA+ specification: tokens are numbered from 1, each is issued at most once, and
// instants run from 0 to Horizon. An end beyond Horizon is Never.
type Constants struct {
	Tokens      int     // how many tokens can be issued
	MaxPending  int     // how many tokens may be live at once
	AckDeadline Instant // how long a handoff may be pending
	TokenTTL    Instant // how long a token may live
	Horizon     Instant // the last instant
}

// Graph is every reachable state, and every step between two of them.
type Graph struct {
	Initial string   // the initial node
	Nodes   []string // sorted, each a state as Describe writes it
	Edges   []Edge   // sorted
}

// Edge is one step: an operation that changes something.
type Edge struct {
	From string // the node before
	Step string // such as "Acknowledge t1 2": the operation, its token, its instant
	To   string // the node after
}

// Compare orders edges.
func (e Edge) Compare(f Edge) int {
	return cmp.Or(strings.Compare(e.From, f.From), strings.Compare(e.Step, f.Step), strings.Compare(e.To, f.To))
}

// Explore returns the reachable graph of a model. The steps are the atomic ones:
// ExpireOverdue is Expire and Drop steps; Close is a Shut step (named Close, as in the
// specification) and CloseOne steps; an Issue or Begin that must make room is preceded
// by Drop steps.
func Explore(c Constants) Graph {
	first := life{state: New(Options{
		AckDeadline: c.AckDeadline.Since(0), TokenTTL: c.TokenTTL.Since(0),
		MaxPending: c.MaxPending, CollisionAttempts: 1,
	}), dead: map[Token]Outcome{}}
	g := Graph{Initial: c.Describe(first.state, first.dead)}
	seen := map[string]bool{g.Initial: true}
	edges := map[Edge]bool{}
	for queue := []life{first}; len(queue) > 0; queue = queue[1:] {
		from := queue[0]
		node := c.Describe(from.state, from.dead)
		g.Nodes = append(g.Nodes, node)
		from.steps(c, func(step string, to life) {
			next := c.Describe(to.state, to.dead)
			if next == node {
				return // refused
			}
			edges[Edge{From: node, Step: step, To: next}] = true
			if !seen[next] {
				seen[next] = true
				queue = append(queue, to)
			}
		})
	}
	slices.Sort(g.Nodes)
	g.Edges = slices.SortedFunc(maps.Keys(edges), Edge.Compare)
	return g
}

// life is a state together with the outcome of the revoked tokens.
type life struct {
	state State
	dead  map[Token]Outcome
}

// steps calls yield with every operation that can be called, and its result.
func (l life) steps(c Constants, yield func(step string, to life)) {
	step := func(name string, s State, a Answer) { yield(name, l.after(s, a)) }
	do := func(name string) func(State, Answer) {
		return func(s State, a Answer) { step(name, s, a) }
	}
	do("Close")(l.state.Shut())
	for i := range c.Tokens {
		t, name := c.Token(i), fmt.Sprintf("t%d", i+1)
		_, live := l.state.Records[t]
		_, dead := l.dead[t]
		do("Abandon " + name)(l.state.Abandon(t))
		do("CloseOne " + name)(l.state.CloseOne(t))
		for n := range c.Horizon + 1 {
			at := fmt.Sprintf(" %s %d", name, n)
			if !live && !dead && !l.state.full() {
				do("Issue" + at)(l.state.Issue(n, t))
				do("Begin" + at)(l.state.Begin(Backend{}, n, t))
			}
			do("Register" + at)(l.state.Register(t, Backend{}, n))
			do("Acknowledge" + at)(l.state.Acknowledge(t, n))
			do("Expire" + at)(l.state.Expire(t, n))
			do("Drop" + at)(l.state.Drop(t, n))
			for j := range c.Tokens {
				do("Consume" + at)(l.state.Consume(t, c.Token(j), n))
			}
		}
	}
}

// after returns the life after a step that led to s with answer a.
func (l life) after(s State, a Answer) life {
	dead := maps.Clone(l.dead)
	for t := range l.state.Records {
		if _, live := s.Records[t]; !live {
			dead[t] = "none"
		}
	}
	for _, e := range a.Exits {
		dead[e.Token] = e.Outcome
	}
	return life{state: s, dead: dead}
}

// Describe writes a state as the text of a node; equal states have equal texts. dead
// has the outcome of each revoked token, which a registry forgets and the
// specification keeps: "none" for a token that never had a handoff.
func (c Constants) Describe(s State, dead map[Token]Outcome) string {
	var b strings.Builder
	for i := range c.Tokens {
		t := c.Token(i)
		fmt.Fprintf(&b, "t%d=", i+1)
		r, live := s.Records[t]
		outcome, died := dead[t]
		switch {
		case live && r.Pending:
			fmt.Fprintf(&b, "pending:%d:%d", r.Since, min(r.End, c.Horizon+1))
			if r.Consumed {
				b.WriteString(":consumed")
			}
		case live:
			fmt.Fprintf(&b, "issued:%d", min(r.End, c.Horizon+1))
		case died:
			fmt.Fprintf(&b, "dead:%s", outcome)
		default:
			b.WriteString("fresh")
		}
		b.WriteByte(' ')
	}
	st := s.Stats
	fmt.Fprintf(&b, "closed=%t stats=%d,%d,%d,%d,%d,%d", s.Closed,
		st.Issued, st.Revoked, st.Registered, st.Acknowledged, st.Expired, st.Abandoned)
	return b.String()
}

// Token returns the token that nodes and steps call t1, if i is 0, and so on.
func (Constants) Token(i int) Token { return Token{15: byte(i + 1)} }
