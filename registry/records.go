package registry

import (
	"strings"

	"github.com/handoff-go/handoff/fsm"
)

// lockForBackend locks the registry and returns b with its number, 0 if it is
// not known. An unknown name is copied, so that it does not keep a larger
// string of the caller's alive, and the copy is made outside the lock.
func (r *Registry) lockForBackend(b Backend) (Backend, uint32) {
	r.mu.Lock()
	known := r.backends.find(b)
	if known != 0 || b.Service == "" {
		return b, known
	}
	r.mu.Unlock()
	b.Service = strings.Clone(b.Service)
	r.mu.Lock()
	return b, r.backends.find(b)
}

func (r *Registry) findLocked(t *Token) (uint32, *record) {
	n := r.byToken.find(&r.records, t)
	if n == 0 {
		return 0, nil
	}
	return n, r.records.at(n)
}

// lookUpLocked finds the record of a step's token and tells the step about it.
func (r *Registry) lookUpLocked(s *step) (uint32, *record) {
	n, rec := r.findLocked(&s.token)
	if rec != nil {
		r.describeLocked(s, rec)
	}
	return n, rec
}

// addLocked makes a record of t. It is issued; Begin makes it pending next.
func (r *Registry) addLocked(t *Token, end instant, toAck bool) (uint32, *record) {
	n := r.records.take()
	rec := r.records.at(n)
	rec.token, rec.end, rec.inAck = *t, end, toAck
	r.byToken.add(t, n)
	if toAck {
		r.ack.insert(&r.records, n)
	} else {
		r.ttl.insert(&r.records, n)
		r.issued.insert(&r.records, n)
	}
	r.stats.Issued++
	r.stats.Tokens++
	return n, rec
}

// removeLocked is the revocation of a token: its record goes.
func (r *Registry) removeLocked(n uint32, rec *record) {
	if rec.inAck {
		r.ack.remove(&r.records, n)
	} else {
		r.ttl.remove(&r.records, n)
		if !rec.pending() {
			r.issued.remove(&r.records, n)
		}
	}
	r.byToken.remove(&rec.token, n)
	if rec.pending() {
		r.backends.release(rec.backend)
		r.stats.Pending--
	}
	r.records.give(n)
	r.stats.Revoked++
	r.stats.Tokens--
}

// leaveLocked is the only way out for a pending handoff: by an event of its
// life, with its token, and counted. The step knows about the record already.
func (r *Registry) leaveLocked(s *step, n uint32, rec *record, e fsm.Event) {
	if s.state, s.err = rec.state.Next(e); s.err != nil {
		return
	}
	r.removeLocked(n, rec)
	switch s.state {
	case fsm.Acknowledged:
		r.stats.Acknowledged++
	case fsm.Expired:
		r.stats.Expired++
	case fsm.Abandoned:
		r.stats.Abandoned++
	}
}

// describeLocked tells a step about the record it is about to act on.
func (r *Registry) describeLocked(s *step, rec *record) {
	s.endsAt(rec.end)
	if rec.pending() {
		s.backend = r.backends.known.at(rec.backend).Backend
		if s.timed {
			s.waited = s.now.since(rec.since)
		}
	}
}
