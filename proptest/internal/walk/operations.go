package walk

import (
	"fmt"

	"github.com/handoff-go/handoff/model"
	"github.com/handoff-go/handoff/proptest/internal/contract"
	"github.com/handoff-go/handoff/proptest/internal/sequence"
	"github.com/handoff-go/handoff/registry"
)

// operation is a call that a caller can make.
type operation struct {
	name             string // the name of its step in the graph
	token, presented int    // from 0
	now              model.Instant
}

// step names the operation as the graph does.
func (o operation) step() string {
	switch o.name {
	case "Close", "Sweep":
		return o.name
	case "Abandon":
		return fmt.Sprintf("Abandon t%d", o.token+1)
	}
	return fmt.Sprintf("%s t%d %d", o.name, o.token+1, o.now)
}

// operations returns every operation with every argument.
func (w *walker) operations() []operation {
	all := []operation{{name: "Close"}}
	for n := range w.constants.Horizon + 1 {
		all = append(all, operation{name: "Sweep", now: n})
	}
	for t := range w.constants.Tokens {
		all = append(all, operation{name: "Abandon", token: t})
		for n := range w.constants.Horizon + 1 {
			for _, name := range []string{"Issue", "Begin", "Register", "Acknowledge", "Expire"} {
				all = append(all, operation{name: name, token: t, now: n})
			}
			for p := range w.constants.Tokens {
				all = append(all, operation{name: "Consume", token: t, presented: p, now: n})
			}
		}
	}
	return all
}

// stepsOf returns the steps of the graph that an operation consists of. Close and a sweep have
// one for each record that they end, in the order of their ends.
func (w *walker) stepsOf(p *position, o operation) []string {
	if o.name != "Close" && o.name != "Sweep" {
		return []string{o.step()}
	}
	var steps []string
	if o.name == "Close" {
		steps = append(steps, "Close")
	}
	state := p.Model()
	for _, t := range state.ByEnd() {
		r, name := state.Records[t], fmt.Sprintf("t%d", t[len(t)-1])
		switch {
		case o.name == "Close":
			steps = append(steps, "CloseOne "+name)
		case model.Over(o.now, r.End) && r.Pending:
			steps = append(steps, fmt.Sprintf("Expire %s %d", name, o.now))
		case model.Over(o.now, r.End):
			steps = append(steps, fmt.Sprintf("Drop %s %d", name, o.now))
		}
	}
	return steps
}

// anyBackend is the backend of every handoff: the graph has none.
func anyBackend() registry.Backend { return registry.Backend{Service: "walk", PID: 1} }

// onModel takes the step of an operation on a state of the model.
func (w *walker) onModel(s model.State, o operation) (model.State, model.Answer) {
	t := w.constants.Token(o.token)
	switch o.name {
	case "Issue":
		return s.Issue(o.now, t)
	case "Begin":
		return s.Begin(model.Backend(anyBackend()), o.now, t)
	case "Register":
		return s.Register(t, model.Backend(anyBackend()), o.now)
	case "Consume":
		return s.Consume(t, w.constants.Token(o.presented), o.now)
	case "Acknowledge":
		return s.Acknowledge(t, o.now)
	case "Abandon":
		return s.Abandon(t)
	case "Expire":
		return s.Expire(t, o.now)
	case "Sweep":
		return s.ExpireOverdue(o.now)
	default:
		return s.Close()
	}
}

// onRegistry makes the call of an operation.
func (w *walker) onRegistry(s *sequence.Sequence, o operation) {
	drawn := w.constants.Token(o.token)
	t, presented := contract.Token(drawn), contract.Token(w.constants.Token(o.presented))
	now := s.Time(o.now)
	switch o.name {
	case "Issue":
		s.Issue(now, sequence.DrawsOf(drawn))
	case "Begin":
		s.Begin(anyBackend(), now, sequence.DrawsOf(drawn))
	case "Register":
		s.Register(t, anyBackend(), now)
	case "Consume":
		s.Consume(t, presented, now)
	case "Acknowledge":
		s.Acknowledge(t, now)
	case "Abandon":
		s.Abandon(t)
	case "Expire":
		s.Expire(t, now)
	case "Sweep":
		s.ExpireOverdue(now)
	default:
		s.Close()
	}
}
