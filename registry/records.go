package registry

import (
	"strings"

	"github.com/handoff-go/handoff/fsm"
	"github.com/handoff-go/handoff/registry/internal/store"
)

// lockForBackend locks the registry and returns b with its number, 0 if it is
// not known. An unknown name is copied, so that it does not keep a larger
// string of the caller's alive, and the copy is made outside the lock.
func (r *Registry) lockForBackend(b Backend) (Backend, store.BackendID) {
	r.mu.Lock()
	known := r.records.FindBackend(store.Backend(b))
	if known != 0 || b.Service == "" {
		return b, known
	}
	r.mu.Unlock()
	b.Service = strings.Clone(b.Service)
	r.mu.Lock()
	return b, r.records.FindBackend(store.Backend(b))
}

func (r *Registry) findLocked(t *Token) (store.ID, *store.Record) { return r.records.Find(&t.x) }

// lookUpLocked finds the record of a step's token and describes it to the step.
func (r *Registry) lookUpLocked(s *step) (store.ID, *store.Record) {
	id, rec := r.findLocked(&s.token)
	if rec != nil {
		r.describeLocked(s, rec)
	}
	return id, rec
}

// describeLocked copies into a step what it needs of the record that it is about
// to change.
func (r *Registry) describeLocked(s *step, rec *store.Record) {
	s.endsAt(rec.End)
	if rec.Pending() {
		s.backend = Backend(r.records.Backend(rec))
		if s.timed {
			s.waited = s.now.Since(rec.Since)
		}
	}
}

// issueLocked makes the record of a step's token: issued, with nothing pending.
func (r *Registry) issueLocked(s *step, end store.Instant) {
	r.records.Add(&s.token.x, end)
	r.stats.Issued++
	r.stats.Tokens++
	s.endsAt(end)
}

// beginLocked makes the record of a step's token with its handoff pending.
func (r *Registry) beginLocked(s *step, deadline store.Instant, b store.BackendID) {
	r.records.AddPending(&s.token.x, deadline, s.now, b)
	r.stats.Issued++
	r.stats.Tokens++
	r.pendingLocked(s, deadline)
}

// pendingLocked counts a handoff that a step made pending.
func (r *Registry) pendingLocked(s *step, deadline store.Instant) {
	r.stats.Registered++
	r.stats.Pending++
	s.endsAt(deadline)
	s.state = fsm.Pending
}

// removeLocked revokes a token: it removes its record. A pending handoff leaves by
// leaveLocked only.
func (r *Registry) removeLocked(id store.ID, rec *store.Record) {
	r.records.Remove(id, rec)
	r.stats.Revoked++
	r.stats.Tokens--
}

// leaveLocked is the only way in which a pending handoff leaves: by an fsm event,
// together with its token, and counted. The caller has called describeLocked.
func (r *Registry) leaveLocked(s *step, id store.ID, rec *store.Record, e fsm.Event) {
	if s.state, s.err = rec.State.Next(e); s.err != nil {
		return
	}
	r.removeLocked(id, rec)
	r.stats.Pending--
	switch s.state {
	case fsm.Acknowledged:
		r.stats.Acknowledged++
	case fsm.Expired:
		r.stats.Expired++
	case fsm.Abandoned:
		r.stats.Abandoned++
	}
}
