// Package walk drives a registry along the state graph that the reference model shares with the
// TLA+ specification: to every state, and from it along every step.
package walk

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/handoff-go/handoff/model"
	"github.com/handoff-go/handoff/proptest/internal/contract"
	"github.com/handoff-go/handoff/proptest/internal/program"
	"github.com/handoff-go/handoff/proptest/internal/sequence"
)

// Along walks along a graph with these constants. In every state it also tries every operation
// that is refused there. It fails t at the first difference, and if it could not take a step
// that a caller can cause.
func Along(t testing.TB, f contract.Factory, c model.Constants, g model.Graph) {
	t.Helper()
	w := newWalker(t, f, c, g)
	w.walk()
	t.Log(w)
	t.Attr("states", strconv.Itoa(len(w.reached)))
	t.Attr("steps", strconv.Itoa(len(w.taken)))
	t.Attr("refusals", strconv.Itoa(w.refused))
	for e := range w.steps {
		if !w.taken[e] && !strings.HasPrefix(e.Step, "CloseOne") && !strings.HasPrefix(e.Step, "Drop") {
			t.Fatalf("the step %s from %s was never taken", e.Step, e.From)
		}
	}
}

// walker is a walk in progress.
type walker struct {
	t         testing.TB
	factory   contract.Factory
	constants model.Constants
	initial   string
	steps     map[model.Edge]bool
	to        map[string]map[string]string // the node that a step leads to, by node and step
	taken     map[model.Edge]bool
	reached   map[string]bool
	refused   int
}

func newWalker(t testing.TB, f contract.Factory, c model.Constants, g model.Graph) *walker {
	w := &walker{
		t: t, factory: f, constants: c, initial: g.Initial,
		steps: map[model.Edge]bool{}, to: map[string]map[string]string{},
		taken: map[model.Edge]bool{}, reached: map[string]bool{},
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

// String says how much of the graph was walked.
func (w *walker) String() string {
	return fmt.Sprintf("driven: %d states, %d of %d steps (the others are steps of Close and Drops in orders that no caller can ask for), %d refusals",
		len(w.reached), len(w.taken), len(w.steps), w.refused)
}

// walk visits every node that operations lead to, breadth first.
func (w *walker) walk() {
	type visit struct {
		node string
		path []operation
	}
	w.reached[w.initial] = true
	for queue := []visit{{node: w.initial}}; len(queue) > 0; queue = queue[1:] {
		at := queue[0]
		unchanged := w.driveTo(at.path) // refused operations leave it in its state
		for _, o := range w.operations() {
			if !w.inGraph(unchanged, o) {
				continue
			}
			next := unchanged
			if w.changes(unchanged, o) {
				next = w.driveTo(at.path)
			}
			to := w.take(next, at.node, o)
			if !w.reached[to] {
				w.reached[to] = true
				queue = append(queue, visit{to, append(slices.Clip(at.path), o)})
			}
		}
	}
}

// position is a registry in a state of the graph. The graph remembers what became of tokens,
// which a registry and the model forget.
type position struct {
	*sequence.Sequence
	dead map[model.Token]model.Outcome
}

// driveTo makes a new registry and takes it along a path.
func (w *walker) driveTo(path []operation) *position {
	setup := program.Setup{
		AckDeadline: w.constants.AckDeadline.Since(0), TokenTTL: w.constants.TokenTTL.Since(0),
		MaxPending: w.constants.MaxPending, CollisionAttempts: 1, Trace: true,
	}
	s := sequence.New(&sequence.QuietTB{TB: w.t}, w.factory, setup, nil, sequence.NewReentry(sequence.Patience))
	p := &position{Sequence: s, dead: map[model.Token]model.Outcome{}}
	for _, o := range path {
		w.call(p, o)
	}
	return p
}

// inGraph reports whether the graph has steps for an operation in this state. It has one
// lifetime for each token, and an Issue or Begin that drops a token first is two steps.
func (w *walker) inGraph(p *position, o operation) bool {
	if o.name != "Issue" && o.name != "Begin" {
		return true
	}
	if _, dead := p.dead[w.constants.Token(o.token)]; dead {
		return false
	}
	before := p.Model()
	after, _ := before.Issue(o.now)
	return after.Stats.Revoked == before.Stats.Revoked
}

// changes reports whether an operation changes the model.
func (w *walker) changes(p *position, o operation) bool {
	before := p.Model()
	next, _ := w.onModel(before, o)
	return next.Closed != before.Closed || next.Stats != before.Stats || !maps.Equal(next.Records, before.Records)
}

// take calls an operation in the state of a node, checks that it leads where the graph says, and
// returns the node after it.
func (w *walker) take(p *position, from string, o operation) string {
	changes := w.changes(p, o)
	steps := w.stepsOf(p, o)
	w.call(p, o)
	to := w.constants.Describe(p.Model(), p.dead)
	if !changes {
		w.refused++
		if _, leads := w.to[from][o.step()]; to != from || leads && o.token == o.presented {
			p.Fail("%v was refused, but the graph has a step for it", o)
		}
		return from
	}
	node := from
	for _, step := range steps {
		next, leads := w.to[node][step]
		if !leads {
			p.Fail("the graph has no step %s in the state %s", step, node)
		}
		w.taken[model.Edge{From: node, Step: step, To: next}] = true
		node = next
	}
	if node != to {
		p.Fail("%v leads to the state %s, want %s as in the graph", o, to, node)
	}
	return to
}

// call makes the call, which the sequence compares with the model, and remembers what became of
// the tokens that it revoked.
func (w *walker) call(p *position, o operation) {
	before := p.Model()
	_, answer := w.onModel(before, o)
	w.onRegistry(p.Sequence, o)
	p.Check()
	for t := range before.Records {
		if _, live := p.Model().Records[t]; !live {
			p.dead[t] = "none"
		}
	}
	for _, e := range answer.Exits {
		p.dead[e.Token] = e.Outcome
	}
}
