package contract

import (
	"strconv"
	"time"

	"github.com/handoff-go/handoff/fsm"
	"github.com/handoff-go/handoff/model"
	"github.com/handoff-go/handoff/registry"
)

// Defaults returns what zero options stand for. The values are written out, so that a change
// of the registry's constants fails the kit.
func Defaults() model.Options {
	return model.Options{AckDeadline: 5 * time.Second, TokenTTL: 30 * time.Second, MaxPending: 1024, CollisionAttempts: 16}
}

// Options returns the model's options for a registry's, with the defaults filled in.
func Options(o registry.Options) model.Options {
	m := model.Options{AckDeadline: o.AckDeadline, TokenTTL: o.TokenTTL, MaxPending: o.MaxPending, CollisionAttempts: o.CollisionAttempts}
	if m.AckDeadline == 0 {
		m.AckDeadline = Defaults().AckDeadline
	}
	if m.TokenTTL == 0 {
		m.TokenTTL = Defaults().TokenTTL
	}
	if m.MaxPending == 0 {
		m.MaxPending = Defaults().MaxPending
	}
	if m.CollisionAttempts == 0 {
		m.CollisionAttempts = Defaults().CollisionAttempts
	}
	return m
}

// Token returns the registry's token with the model's bytes.
func Token(t model.Token) registry.Token {
	parsed, _ := registry.ParseToken(t[:]) // fails only for a wrong length
	return parsed
}

// State returns the state that a handoff with this outcome is in.
func State(o model.Outcome) fsm.State {
	switch o {
	case model.Acknowledged:
		return fsm.Acknowledged
	case model.Expired:
		return fsm.Expired
	default:
		return fsm.Abandoned
	}
}

// Stats returns the counts of a model state in the form that a registry reports them.
func Stats(s model.State) registry.Stats {
	return registry.Stats{
		Issued: s.Stats.Issued, Revoked: s.Stats.Revoked, Registered: s.Stats.Registered,
		Acknowledged: s.Stats.Acknowledged, Expired: s.Stats.Expired, Abandoned: s.Stats.Abandoned,
		Pending: s.Len(), Tokens: s.Tokens(),
	}
}

// ExitsByToken indexes exits by their token.
func ExitsByToken(exits []model.Exit) map[model.Token]model.Exit {
	m := make(map[model.Token]model.Exit, len(exits))
	for _, e := range exits {
		m[e.Token] = e
	}
	return m
}

// SampleBackend returns the n-th backend that the kit uses. The first four cover a service with
// and without a process, two services of one process, and the zero Backend.
func SampleBackend(n int) registry.Backend {
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
