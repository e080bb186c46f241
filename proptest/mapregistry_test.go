package proptest_test

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"github.com/handoff-go/handoff/fsm"
	"github.com/handoff-go/handoff/registry"
)

// mapRegistry is another implementation of the contract, and the simplest: a map under a mutex. It
// shares no code with the registry and ignores Options.Trace. It shows that the kit does not
// depend on one implementation.
type mapRegistry struct {
	o    registry.Options
	base time.Time

	mu      sync.Mutex
	closed  bool
	entries map[registry.Token]*entry
	counts  registry.Stats
	exits   []registry.Exit // OnExit has not been told of these yet
}

type entry struct {
	token             registry.Token
	end, since        int64
	pending, consumed bool
	backend           registry.Backend
}

const forever = 1<<62 - 1

func newMapRegistry(o registry.Options) (*mapRegistry, error) {
	o.AckDeadline = cmp.Or(o.AckDeadline, registry.DefaultAckDeadline)
	o.TokenTTL = cmp.Or(o.TokenTTL, registry.DefaultTokenTTL)
	o.MaxPending = cmp.Or(o.MaxPending, registry.DefaultMaxPending)
	o.CollisionAttempts = cmp.Or(o.CollisionAttempts, registry.DefaultCollisionAttempts)
	for name, n := range map[string]int64{"AckDeadline": int64(o.AckDeadline), "TokenTTL": int64(o.TokenTTL),
		"MaxPending": int64(o.MaxPending), "CollisionAttempts": int64(o.CollisionAttempts)} {
		if n < 0 {
			return nil, &registry.OptionError{Option: name, Problem: "is negative"}
		}
	}
	if o.AckDeadline > o.TokenTTL {
		return nil, &registry.OptionError{Option: "AckDeadline", Problem: "is above TokenTTL"}
	}
	return &mapRegistry{o: o, base: time.Now(), entries: map[registry.Token]*entry{}}, nil
}

func (m *mapRegistry) at(t time.Time) int64     { return bound(int64(t.Sub(m.base))) }
func (m *mapRegistry) moment(i int64) time.Time { return m.base.Add(time.Duration(i)) }
func (e *entry) ended(now int64) bool           { return e.end < forever && now >= e.end }
func bound(i int64) int64                       { return max(-forever, min(i, forever)) }
func later(i int64, d time.Duration) (end int64) {
	if i > 0 && int64(d) > forever-i {
		return forever
	}
	return bound(i + int64(d))
}

// locked calls f under the lock, and then OnExit for the handoffs that left, without it.
func (m *mapRegistry) locked(f func()) {
	m.mu.Lock()
	f()
	exits := m.exits
	m.exits = nil
	m.mu.Unlock()
	for _, e := range exits {
		if m.o.OnExit != nil {
			m.o.OnExit(e)
		}
	}
}

func (m *mapRegistry) remove(e *entry) {
	delete(m.entries, e.token)
	m.counts.Revoked++
}

func (m *mapRegistry) leave(e *entry, s fsm.State, now int64) {
	m.remove(e)
	exit := registry.Exit{Token: e.token, Backend: e.backend, State: s, Waited: time.Duration(max(0, now-e.since))}
	switch s {
	case fsm.Acknowledged:
		m.counts.Acknowledged++
	case fsm.Expired:
		m.counts.Expired++
	case fsm.Abandoned:
		m.counts.Abandoned++
		exit.Waited = 0
	}
	m.exits = append(m.exits, exit)
}

// byEnd returns the entries in the order of their ends.
func (m *mapRegistry) byEnd() []*entry {
	var all []*entry
	for _, e := range m.entries {
		all = append(all, e)
	}
	slices.SortFunc(all, func(a, b *entry) int { return cmp.Compare(a.end, b.end) })
	return all
}
