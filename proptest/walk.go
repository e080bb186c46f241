package proptest

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/handoff-go/handoff/model"
	"github.com/handoff-go/handoff/registry"
)

// Walk drives an implementation along the graph that the model and the TLA+
// specification share ([model.Golden]): to every state, and from it along every
// step. In every state it tries every operation that is refused there, too: the
// answer must be the model's, and nothing may change. It fails t at the first
// difference, with the way that led there, and logs what was driven.
//
// Unlike [Run] it leaves nothing to chance, within the graph's few tokens and
// instants. What a caller cannot ask for on its own is driven as a part of what
// it can: the steps of a sweep and of Close, in the order of their ends.
func Walk(t testing.TB, factory func(registry.Options) (Registry, error)) {
	t.Helper()
	constants, graph, err := model.Golden()
	if err != nil {
		t.Fatal(err)
	}
	walkAlong(t, factory, constants, graph)
}

func walkAlong(t testing.TB, f factory, c model.Constants, g model.Graph) {
	t.Helper()
	w := newWalker(t, f, c, g)
	w.walk()
	t.Log(w)
	t.Attr("states", strconv.Itoa(len(w.reached)))
	t.Attr("steps", strconv.Itoa(len(w.driven)))
	t.Attr("refusals", strconv.Itoa(w.refused))
	for e := range w.steps {
		if !w.driven[e] && !strings.HasPrefix(e.Step, "CloseOne") && !strings.HasPrefix(e.Step, "Drop") {
			t.Fatalf("a step was never driven: %s from %s", e.Step, e.From)
		}
	}
}

// walker is a walk in progress.
type walker struct {
	t         testing.TB
	factory   factory
	constants model.Constants
	initial   string
	steps     map[model.Edge]bool
	to        map[string]map[string]string // from a node by a step
	driven    map[model.Edge]bool
	reached   map[string]bool
	refused   int
}

func newWalker(t testing.TB, f factory, c model.Constants, g model.Graph) *walker {
	w := &walker{
		t: t, factory: f, constants: c, initial: g.Initial,
		steps: map[model.Edge]bool{}, to: map[string]map[string]string{},
		driven: map[model.Edge]bool{}, reached: map[string]bool{},
	}
	for _, e := range g.Edges {
		w.steps[e] = true
		if w.to[e.From] == nil {
			w.to[e.From] = map[string]string{}
		}
		w.to[e.From][e.Step] = e.To
	}
	return w
}

func (w *walker) String() string {
	return fmt.Sprintf("driven: %d states, %d of %d steps (the others are steps of Close and Drops in orders that no caller can ask for), %d refusals",
		len(w.reached), len(w.driven), len(w.steps), w.refused)
}

// walk visits every node that operations lead to, the nearest first.
func (w *walker) walk() {
	type visit struct {
		node string
		path []operation
	}
	w.reached[w.initial] = true
	for queue := []visit{{node: w.initial}}; len(queue) > 0; queue = queue[1:] {
		at := queue[0]
		standing := w.stand(at.path) // refused operations leave it where it is
		for _, o := range w.operations() {
			if !w.possible(standing, o) {
				continue
			}
			next := standing
			if w.changes(standing, o) {
				next = w.stand(at.path)
			}
			to := w.do(next, at.node, o)
			if !w.reached[to] {
				w.reached[to] = true
				queue = append(queue, visit{to, append(slices.Clip(at.path), o)})
			}
		}
	}
}

// place is an implementation that stands in a state of the graph.
type place struct {
	*sequence
	dead map[model.Token]model.Outcome
}

// stand makes a new implementation and leads it along a path.
func (w *walker) stand(path []operation) *place {
	o := setup{
		ack: w.constants.AckDeadline.Since(0), ttl: w.constants.TokenTTL.Since(0),
		max: w.constants.MaxPending, attempts: 1, trace: true,
	}
	p := &place{dead: map[model.Token]model.Outcome{}}
	p.sequence = newSequence(&laconic{TB: w.t}, w.factory, o, Coverage{}, newNested(patience))
	for _, o := range path {
		w.ask(p, o)
	}
	return p
}

// possible reports whether the graph speaks of an operation: it has one life for
// each token, and an Issue that makes room is a Drop before it.
func (w *walker) possible(p *place, o operation) bool {
	if o.name != "Issue" && o.name != "Begin" {
		return true
	}
	if _, dead := p.dead[w.constants.Token(o.token)]; dead {
		return false
	}
	s, _ := p.model.Issue(o.now)
	return s.Stats.Revoked == p.model.Stats.Revoked
}

// changes reports whether the model takes a step.
func (w *walker) changes(p *place, o operation) bool {
	before := p.model
	next, _ := w.model(before, o)
	return next.Closed != before.Closed || next.Stats != before.Stats || !maps.Equal(next.Records, before.Records)
}

// do makes the call from a node, and checks that it leads where the graph says.
// It returns where that is.
func (w *walker) do(p *place, from string, o operation) string {
	changes := w.changes(p, o)
	way := w.way(p, o)
	w.ask(p, o)
	to := w.constants.Describe(p.model, p.dead)
	if !changes {
		w.refused++
		if _, leads := w.to[from][o.step()]; to != from || leads && o.token == o.presented {
			p.fail("%v is refused, but the graph has it", o)
		}
		return from
	}
	node := from
	for _, step := range way {
		next, leads := w.to[node][step]
		if !leads {
			p.fail("the graph has no step %s in %s", step, node)
		}
		w.driven[model.Edge{From: node, Step: step, To: next}] = true
		node = next
	}
	if node != to {
		p.fail("%v leads to %s, but in the graph to %s", o, to, node)
	}
	return to
}

// way returns the steps that an operation is made of.
func (w *walker) way(p *place, o operation) []string {
	if o.name != "Close" && o.name != "Sweep" {
		return []string{o.step()}
	}
	var way []string
	if o.name == "Close" {
		way = append(way, "Close")
	}
	for _, t := range p.model.ByEnd() {
		r, name := p.model.Records[t], fmt.Sprintf("t%d", t[len(t)-1])
		switch {
		case o.name == "Close":
			way = append(way, "CloseOne "+name)
		case model.Over(o.now, r.End) && r.Pending:
			way = append(way, fmt.Sprintf("Expire %s %d", name, o.now))
		case model.Over(o.now, r.End):
			way = append(way, fmt.Sprintf("Drop %s %d", name, o.now))
		}
	}
	return way
}

// ask makes a call, which the sequence compares with the model, and remembers
// what became of the tokens that died.
func (w *walker) ask(p *place, o operation) {
	before := p.model
	t, presented := parse(w.constants.Token(o.token)), parse(w.constants.Token(o.presented))
	now := p.moment(o.now)
	_, answer := w.model(before, o)
	switch o.name {
	case "Issue":
		p.issue(now, w.draws(o))
	case "Begin":
		p.begin(walking(), now, w.draws(o))
	case "Register":
		p.register(t, walking(), now)
	case "Consume":
		p.consume(t, presented, now)
	case "Acknowledge":
		p.acknowledge(t, now)
	case "Abandon":
		p.abandon(t)
	case "Expire":
		p.expire(t, now)
	case "Sweep":
		p.expireOverdue(now)
	case "Close":
		p.close()
	}
	p.check()
	for t := range before.Records {
		if _, live := p.model.Records[t]; !live {
			p.dead[t] = "none"
		}
	}
	for _, e := range answer.Exits {
		p.dead[e.Token] = e.Outcome
	}
}
