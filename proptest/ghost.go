package proptest

import (
	"fmt"
	"time"

	"github.com/handoff-go/handoff/fsm"
	"github.com/handoff-go/handoff/model"
	"github.com/handoff-go/handoff/registry"
)

// ghost counts lives. It knows nothing of records and ends: only what the
// system said to its caller and to OnExit, and what G1 to G4 make of it. It
// shares no line with the model, so that a fault of the model does not hide one
// of the system.
type ghost struct {
	ack, ttl time.Duration
	far      bool // instants are clamped: an ACK may be in time and look late
	latest   map[registry.Token]*life
	told     registry.Stats // as counted from what was told; without Revoked and Tokens
}

// life is the latest life of a token.
type life struct {
	issued     time.Time
	registered time.Time
	pending    bool
	over       bool // its handoff left, or it was consumed without one
}

func newGhost(o model.Options, far bool) ghost {
	return ghost{ack: o.AckDeadline, ttl: o.TokenTTL, far: far, latest: map[registry.Token]*life{}}
}

// skip takes what happened so far as told.
func (g *ghost) skip(s model.Stats) {
	g.told = registry.Stats{Issued: s.Issued, Registered: s.Registered, Acknowledged: s.Acknowledged, Expired: s.Expired, Abandoned: s.Abandoned}
}

// begin is for an Issue or Begin that succeeded.
func (g *ghost) begin(t registry.Token, c call) error {
	if l := g.latest[t]; l != nil && l.pending {
		return fmt.Errorf("G1: a token was given again while its handoff is pending")
	}
	if t.IsZero() {
		return fmt.Errorf("G4: the zero token was given")
	}
	g.latest[t] = &life{issued: c.now}
	g.told.Issued++
	if c.op == "Begin" {
		return g.register(t, c)
	}
	return nil
}

// register is for a Register or Begin that succeeded.
func (g *ghost) register(t registry.Token, c call) error {
	l := g.latest[t]
	switch {
	case l == nil:
		return fmt.Errorf("G4: a token was registered that was never issued")
	case l.over:
		return fmt.Errorf("G2: a dead token was registered")
	case l.pending:
		return fmt.Errorf("G1: a pending handoff was registered again")
	}
	l.registered, l.pending = c.now, true
	g.told.Registered++
	g.told.Pending++
	return nil
}

// consume is for a Consume that succeeded.
func (g *ghost) consume(expected, presented registry.Token) error {
	if err := g.has(expected); err != nil {
		return err
	}
	if expected.Bytes() != presented.Bytes() {
		return fmt.Errorf("a token was consumed by presenting another one")
	}
	if l := g.latest[expected]; !l.pending {
		l.over = true
	}
	return nil
}

// acknowledge is for an Acknowledge that succeeded.
func (g *ghost) acknowledge(t registry.Token, c call) error {
	l := g.latest[t]
	switch {
	case l == nil:
		return fmt.Errorf("G4: an ACK succeeded for a token that was never issued")
	case l.over:
		return fmt.Errorf("G2: an ACK succeeded for a dead token")
	case !l.pending:
		return fmt.Errorf("G4: an ACK succeeded for a token that was never registered")
	case !g.far && !c.now.Before(g.deadline(l)):
		return fmt.Errorf("G3: an ACK succeeded %v after the deadline", c.now.Sub(g.deadline(l)))
	}
	return nil
}

// has is for a token that the system treats as one with a life.
func (g *ghost) has(t registry.Token) error {
	l := g.latest[t]
	switch {
	case l == nil:
		return fmt.Errorf("G4: a token is live that was never issued")
	case l.over:
		return fmt.Errorf("G2: a dead token is live")
	}
	return nil
}

// exit is for each handoff that OnExit is told of.
func (g *ghost) exit(e registry.Exit, c call) error {
	l := g.latest[e.Token]
	switch {
	case l == nil || !l.pending:
		return fmt.Errorf("G1: a handoff left that was not pending")
	case e.Waited < 0:
		return fmt.Errorf("G8: a handoff waited %v", e.Waited)
	}
	l.pending, l.over = false, true
	g.told.Pending--
	switch e.State {
	case fsm.Acknowledged:
		g.told.Acknowledged++
	case fsm.Expired:
		g.told.Expired++
		if c.now.Before(g.deadline(l)) {
			return fmt.Errorf("G3: a handoff expired %v before its deadline", g.deadline(l).Sub(c.now))
		}
	case fsm.Abandoned:
		g.told.Abandoned++
	default:
		return fmt.Errorf("G1: a handoff left as %v", e.State)
	}
	return nil
}

// deadline is the sooner of what the ACK and what the token have.
func (g *ghost) deadline(l *life) time.Time {
	ack, ttl := l.registered.Add(g.ack), l.issued.Add(g.ttl)
	if ttl.Before(ack) {
		return ttl
	}
	return ack
}

// counts compares what was told with the system's own count. (G6)
func (g *ghost) counts(s registry.Stats) error {
	told := g.told
	told.Revoked, told.Tokens = s.Revoked, s.Tokens // nobody is told of these
	if s != told {
		return fmt.Errorf("G6: Stats are %+v, but what was told comes to %+v", s, told)
	}
	return nil
}

// allOver returns an error if a handoff never left. (G1)
func (g *ghost) allOver() error {
	for _, l := range g.latest {
		if l.pending {
			return fmt.Errorf("G1: a handoff never left")
		}
	}
	return nil
}
