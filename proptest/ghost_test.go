package proptest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoff-go/handoff/fsm"
	"github.com/handoff-go/handoff/model"
	"github.com/handoff-go/handoff/registry"
)

// The bookkeeping of lives objects to each thing that it is there for. The model
// is first to object when a registry is wrong, so nothing else would show it.
func TestGhostObjects(t *testing.T) {
	start := time.Unix(1000, 0)
	token, other := parse(model.Token{1}), parse(model.Token{2})
	at := func(n int) call { return call{op: "Issue", now: start.Add(time.Duration(n))} }
	left := func(s fsm.State) registry.Exit { return registry.Exit{Token: token, State: s} }
	issued := func(g *ghost) { require.NoError(t, g.begin(token, at(0))) }
	pending := func(g *ghost) { issued(g); require.NoError(t, g.register(token, at(2))) }
	over := func(g *ghost) { pending(g); require.NoError(t, g.exit(left(fsm.Acknowledged), at(3))) }
	fresh := func(*ghost) {}

	for name, c := range map[string]struct {
		before func(*ghost)
		then   func(*ghost) error
		want   string // the guarantee, or nothing
	}{
		"begin":                       {fresh, func(g *ghost) error { return g.begin(token, call{op: "Begin", now: start}) }, ""},
		"a new life of a dead token":  {over, func(g *ghost) error { return g.begin(token, at(4)) }, ""},
		"a new life of a pending one": {pending, func(g *ghost) error { return g.begin(token, at(4)) }, "G1"},
		"the zero token":              {fresh, func(g *ghost) error { return g.begin(registry.Token{}, at(0)) }, "G4"},
		"register again":              {pending, func(g *ghost) error { return g.register(token, at(3)) }, "G1"},
		"register the dead":           {over, func(g *ghost) error { return g.register(token, at(3)) }, "G2"},
		"register a stranger":         {issued, func(g *ghost) error { return g.register(other, at(3)) }, "G4"},
		"consume":                     {pending, func(g *ghost) error { return g.consume(token, token) }, ""},
		"consume by another":          {pending, func(g *ghost) error { return g.consume(token, other) }, "presenting another"},
		"consume the dead":            {over, func(g *ghost) error { return g.consume(token, token) }, "G2"},
		"consume a stranger":          {issued, func(g *ghost) error { return g.consume(other, other) }, "G4"},
		"register the consumed": {issued, func(g *ghost) error {
			require.NoError(t, g.consume(token, token))
			return g.register(token, at(3))
		}, "G2"},
		"ack in time":            {pending, func(g *ghost) error { return g.acknowledge(token, at(11)) }, ""},
		"ack at the deadline":    {pending, func(g *ghost) error { return g.acknowledge(token, at(12)) }, "G3"},
		"ack the dead":           {over, func(g *ghost) error { return g.acknowledge(token, at(4)) }, "G2"},
		"ack what is issued":     {issued, func(g *ghost) error { return g.acknowledge(token, at(4)) }, "G4"},
		"ack a stranger":         {issued, func(g *ghost) error { return g.acknowledge(other, at(4)) }, "G4"},
		"a dead token is there":  {over, func(g *ghost) error { return g.has(token) }, "G2"},
		"expire at the deadline": {pending, func(g *ghost) error { return g.exit(left(fsm.Expired), at(12)) }, ""},
		"expire early":           {pending, func(g *ghost) error { return g.exit(left(fsm.Expired), at(11)) }, "G3"},
		"expire early where the token's end is sooner": {issued, func(g *ghost) error {
			require.NoError(t, g.register(token, at(9)))
			return g.exit(left(fsm.Expired), at(14))
		}, "G3"},
		"leave twice":        {over, func(g *ghost) error { return g.exit(left(fsm.Abandoned), at(4)) }, "G1"},
		"leave, only issued": {issued, func(g *ghost) error { return g.exit(left(fsm.Abandoned), at(4)) }, "G1"},
		"leave as pending":   {pending, func(g *ghost) error { return g.exit(left(fsm.Pending), at(4)) }, "G1"},
		"leave before it came": {pending, func(g *ghost) error {
			return g.exit(registry.Exit{Token: token, State: fsm.Acknowledged, Waited: -1}, at(4))
		}, "G8"},
		"all over":            {over, func(g *ghost) error { return g.allOver() }, ""},
		"not all over":        {pending, func(g *ghost) error { return g.allOver() }, "G1"},
		"count what was told": {pending, func(g *ghost) error { return g.counts(registry.Stats{Issued: 1, Registered: 1, Pending: 1, Tokens: 1}) }, ""},
		"count one too few":   {pending, func(g *ghost) error { return g.counts(registry.Stats{Issued: 1, Registered: 1}) }, "G6"},
		"count another way to go": {over, func(g *ghost) error {
			return g.counts(registry.Stats{Issued: 1, Registered: 1, Abandoned: 1, Revoked: 1})
		}, "G6"},
	} {
		t.Run(name, func(t *testing.T) {
			g := newGhost(model.Options{AckDeadline: 10, TokenTTL: 15}, false)
			c.before(&g)
			err := c.then(&g)
			if c.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, c.want)
		})
	}
}

func TestConservedObjects(t *testing.T) {
	good := registry.Stats{Issued: 6, Revoked: 4, Registered: 5, Acknowledged: 1, Expired: 1, Abandoned: 2, Pending: 1, Tokens: 2}
	require.NoError(t, conserved(good))
	require.NoError(t, conserved(registry.Stats{}))
	for name, spoil := range map[string]func(*registry.Stats){
		"Issued":       func(s *registry.Stats) { s.Issued++ },
		"Revoked":      func(s *registry.Stats) { s.Revoked-- },
		"Registered":   func(s *registry.Stats) { s.Registered++ },
		"Acknowledged": func(s *registry.Stats) { s.Acknowledged++ },
		"Expired":      func(s *registry.Stats) { s.Expired-- },
		"Abandoned":    func(s *registry.Stats) { s.Abandoned++ },
		"Pending":      func(s *registry.Stats) { s.Pending-- },
		"Tokens":       func(s *registry.Stats) { s.Tokens++ },
	} {
		bad := good
		spoil(&bad)
		require.ErrorContains(t, conserved(bad), "G6", name)
	}
}
