package proptest_test

import (
	"fmt"
	"io"
	"time"

	"github.com/handoff-go/handoff/fsm"
	"github.com/handoff-go/handoff/registry"
)

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
		for _, e := range m.byEnd() {
			if !e.pending && e.ended(now) {
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
		case e.ended(m.at(now)):
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
		case e.ended(m.at(now)):
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
		case e.ended(at):
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
		if e := m.entries[t]; e != nil && e.pending && e.ended(m.at(now)) {
			m.leave(e, fsm.Expired, m.at(now))
			gone, ok = registry.Expired{Token: t, Backend: e.backend, Deadline: m.moment(e.end)}, true
		}
	})
	return gone, ok
}

func (m *mapRegistry) ExpireOverdue(now time.Time) (gone []registry.Expired) {
	m.locked(func() {
		for _, e := range m.byEnd() {
			switch {
			case !e.ended(m.at(now)):
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
		for _, e := range m.byEnd() {
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
		if all := m.byEnd(); len(all) > 0 && all[0].end < forever {
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
