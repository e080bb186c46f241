package proptest

import (
	"fmt"

	"github.com/handoff-go/handoff/model"
	"github.com/handoff-go/handoff/registry"
)

// operation is a call that a caller can make.
type operation struct {
	name             string // as steps are called
	token, presented int
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

// walking is the backend of every handoff: the graph does not speak of any.
func walking() registry.Backend { return registry.Backend{Service: "walk", PID: 1} }

func (w *walker) draws(o operation) draws {
	return draws{tokens: []model.Token{w.constants.Token(o.token)}, failure: "error", chunk: registry.TokenSize}
}

// model takes the step of an operation on a state.
func (w *walker) model(s model.State, o operation) (model.State, model.Answer) {
	t := w.constants.Token(o.token)
	switch o.name {
	case "Issue":
		return s.Issue(o.now, t)
	case "Begin":
		return s.Begin(model.Backend(walking()), o.now, t)
	case "Register":
		return s.Register(t, model.Backend(walking()), o.now)
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
