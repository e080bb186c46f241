package proptest_test

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/handoff-go/handoff/fsm"
	"github.com/handoff-go/handoff/registry"
)

// mapRegistry is another implementation of the contract, the plainest there can
// be: a map under a mutex. It shares no code with the registry, keeps no trace,
// and is here to show that the kit is not made for one implementation.
type mapRegistry struct {
	o    registry.Options
	base time.Time

	mu      sync.Mutex
	closed  bool
	entries map[registry.Token]*entry
	counts  registry.Stats
	left    []registry.Exit // not told yet
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
func (e *entry) over(now int64) bool            { return e.end < forever && now >= e.end }
func bound(i int64) int64                       { return max(-forever, min(i, forever)) }
func later(i int64, d time.Duration) (end int64) {
	if i > 0 && int64(d) > forever-i {
		return forever
	}
	return bound(i + int64(d))
}

// locked runs f under the lock, and then tells who left.
func (m *mapRegistry) locked(f func()) {
	m.mu.Lock()
	f()
	left := m.left
	m.left = nil
	m.mu.Unlock()
	for _, e := range left {
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
	m.left = append(m.left, exit)
}

// oldest returns the entries, the one that ends first at the front.
func (m *mapRegistry) oldest() []*entry {
	var all []*entry
	for _, e := range m.entries {
		all = append(all, e)
	}
	slices.SortFunc(all, func(a, b *entry) int { return cmp.Compare(a.end, b.end) })
	return all
}

func (m *mapRegistry) Issue(now time.Time) (registry.Token, error) {
	return m.add(entry{end: later(m.at(now), m.o.TokenTTL)}, m.at(now))
}

func (m *mapRegistry) Begin(b registry.Backend, now time.Time) (registry.Token, error) {
	return m.add(entry{end: later(m.at(now), m.o.AckDeadline), since: m.at(now), pending: true, backend: b}, m.at(now))
}

func (m *mapRegistry) add(e entry, now int64) (registry.Token, error) {
	var err error
	for range m.o.CollisionAttempts {
		if m.locked(func() { err = m.room(now) }); err != nil {
			return registry.Token{}, err
		}
		var b [registry.TokenSize]byte
		if _, err := io.ReadFull(m.o.Rand, b[:]); err != nil {
			return registry.Token{}, fmt.Errorf("map: %w", err)
		}
		e.token, _ = registry.ParseToken(b[:])
		added := false
		m.locked(func() {
			if err = m.room(now); err == nil && m.entries[e.token] == nil && !e.token.IsZero() {
				m.entries[e.token] = &e
				m.counts.Issued++
				if e.pending {
					m.counts.Registered++
				}
				added = true
			}
		})
		if added {
			return e.token, nil
		}
		if err != nil {
			return registry.Token{}, err
		}
	}
	return registry.Token{}, registry.ErrCollision
}

func (m *mapRegistry) room(now int64) error {
	if m.closed {
		return registry.ErrClosed
	}
	if len(m.entries) >= m.o.MaxPending {
		for _, e := range m.oldest() {
			if !e.pending && e.over(now) {
				m.remove(e)
			}
		}
	}
	if len(m.entries) >= m.o.MaxPending {
		return registry.ErrFull
	}
	return nil
}

func (m *mapRegistry) Register(t registry.Token, b registry.Backend, now time.Time) (err error) {
	m.locked(func() {
		e := m.entries[t]
		switch {
		case m.closed:
			err = registry.ErrClosed
		case e == nil:
			err = registry.ErrTokenNotLive
		case e.pending:
			err = registry.ErrAlreadyPending
		case e.over(m.at(now)):
			m.remove(e)
			err = registry.ErrTokenExpired
		default:
			e.pending, e.backend, e.since = true, b, m.at(now)
			e.end = min(e.end, later(m.at(now), m.o.AckDeadline))
			m.counts.Registered++
		}
	})
	return err
}

func (m *mapRegistry) Consume(expected, presented registry.Token, now time.Time) (err error) {
	m.locked(func() {
		e := m.entries[expected]
		switch {
		case m.closed:
			err = registry.ErrClosed
		case e == nil || e.consumed:
			err = registry.ErrTokenNotLive
		case e.over(m.at(now)):
			if err = registry.ErrTokenExpired; e.pending {
				m.leave(e, fsm.Expired, m.at(now))
			} else {
				m.remove(e)
			}
		case !presented.Equal(expected):
			err = registry.ErrTokenMismatch
		case e.pending:
			e.consumed = true
		default:
			m.remove(e)
		}
	})
	return err
}

func (m *mapRegistry) Acknowledge(t registry.Token, now time.Time) (done registry.Acknowledged, err error) {
	m.locked(func() {
		e, at := m.entries[t], m.at(now)
		switch {
		case m.closed:
			err = registry.ErrClosed
		case e == nil || !e.pending:
			err = registry.ErrNotPending
		case e.over(at):
			m.leave(e, fsm.Expired, at)
			err = &registry.DeadlineError{Backend: e.backend, Deadline: m.moment(e.end), Late: time.Duration(at - e.end)}
		default:
			m.leave(e, fsm.Acknowledged, at)
			done = registry.Acknowledged{Token: t, Backend: e.backend, Waited: time.Duration(max(0, at-e.since))}
		}
	})
	return done, err
}

func (m *mapRegistry) Abandon(t registry.Token) (b registry.Backend, ok bool) {
	m.locked(func() {
		if e := m.entries[t]; e != nil && e.pending {
			m.leave(e, fsm.Abandoned, 0)
			b, ok = e.backend, true
		} else if e != nil {
			m.remove(e)
		}
	})
	return b, ok
}

func (m *mapRegistry) Expire(t registry.Token, now time.Time) (gone registry.Expired, ok bool) {
	m.locked(func() {
		if e := m.entries[t]; e != nil && e.pending && e.over(m.at(now)) {
			m.leave(e, fsm.Expired, m.at(now))
			gone, ok = registry.Expired{Token: t, Backend: e.backend, Deadline: m.moment(e.end)}, true
		}
	})
	return gone, ok
}

func (m *mapRegistry) ExpireOverdue(now time.Time) (gone []registry.Expired) {
	m.locked(func() {
		for _, e := range m.oldest() {
			switch {
			case !e.over(m.at(now)):
			case e.pending:
				m.leave(e, fsm.Expired, m.at(now))
				gone = append(gone, registry.Expired{Token: e.token, Backend: e.backend, Deadline: m.moment(e.end)})
			default:
				m.remove(e)
			}
		}
	})
	return gone
}

func (m *mapRegistry) Close() (gone []registry.Abandoned) {
	m.locked(func() {
		for _, e := range m.oldest() {
			if e.pending {
				m.leave(e, fsm.Abandoned, 0)
				gone = append(gone, registry.Abandoned{Token: e.token, Backend: e.backend})
			} else {
				m.remove(e)
			}
		}
		m.closed = true
	})
	return gone
}

func (m *mapRegistry) NextDeadline() (next time.Time, ok bool) {
	m.locked(func() {
		if all := m.oldest(); len(all) > 0 && all[0].end < forever {
			next, ok = m.moment(all[0].end), true
		}
	})
	return next, ok
}

func (m *mapRegistry) Backend(t registry.Token) (b registry.Backend, ok bool) {
	m.locked(func() {
		if e := m.entries[t]; e != nil && e.pending {
			b, ok = e.backend, true
		}
	})
	return b, ok
}

func (m *mapRegistry) Stats() (s registry.Stats) {
	m.locked(func() {
		s = m.counts
		s.Tokens = len(m.entries)
		for _, e := range m.entries {
			if e.pending {
				s.Pending++
			}
		}
	})
	return s
}

func (m *mapRegistry) Len() int                   { return m.Stats().Pending }
func (m *mapRegistry) Tokens() int                { return m.Stats().Tokens }
func (m *mapRegistry) AckDeadline() time.Duration { return m.o.AckDeadline }
