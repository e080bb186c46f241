package registry

import (
	"time"

	"github.com/handoff-go/handoff/fsm"
	"github.com/handoff-go/handoff/registry/internal/store"
)

// How many records a sweep or Close ends before it releases the lock for others:
// few at first, since most sweeps find few, then twice as many each time.
const (
	minBatch = 16
	maxBatch = 1024
)

// Expire ends one handoff if it is pending and its deadline is reached, and returns
// it and true. Otherwise it changes nothing and returns false.
func (r *Registry) Expire(t Token, now time.Time) (Expired, bool) {
	s := step{op: OpExpire, token: t, now: r.instantOf(now), timed: true}
	r.mu.Lock()
	switch id, rec := r.lookUpLocked(&s); {
	case r.closed:
		s.err = ErrClosed
	case rec != nil && rec.Pending() && rec.End.Reached(s.now):
		r.leaveLocked(&s, id, rec, fsm.Expire)
	}
	r.unlock(&s)
	if s.state != fsm.Expired {
		return Expired{}, false
	}
	return r.expired(&s), true
}

// ExpireOverdue ends every pending handoff whose deadline is reached and returns
// them, the oldest deadline first; nil if there is none. It also drops issued
// tokens past their end. It costs time for the records that end, not for those
// that stay: a call that finds nothing takes no lock, unless Options.Trace is set.
//
// It is a sequence of atomic steps, one for each record, and releases the lock now
// and then: what another call ends meanwhile is not returned here. After Close it
// returns nil.
func (r *Registry) ExpireOverdue(now time.Time) []Expired {
	var all []Expired
	r.sweep(now, func(s *step) bool {
		if s.state == fsm.Expired {
			all = append(all, r.expired(s))
		}
		return true
	})
	return all
}

// sweep ends the records whose end is reached and calls each with every step that
// it took, until none is left or each returns false.
func (r *Registry) sweep(now time.Time, each func(*step) bool) {
	at := r.instantOf(now)
	for size := minBatch; r.trace != nil || store.Instant(r.earliest.Load()).Reached(at); size = min(2*size, maxBatch) {
		batch := make([]step, 0, size)
		r.mu.Lock()
		batch = r.sweepLocked(at, batch)
		r.unlockAll(batch)
		for i := range batch {
			if batch[i].op == OpSweep || !each(&batch[i]) {
				return
			}
		}
	}
}

// sweepLocked ends records whose end is reached, the smallest end first, until
// batch is full. If none is left before that, the last step is OpSweep.
func (r *Registry) sweepLocked(now store.Instant, batch []step) []step {
	for len(batch) < cap(batch) {
		s := step{op: OpSweep, now: now, timed: true}
		switch id, rec := r.records.First(); {
		case r.closed:
			s.err = ErrClosed
		case rec != nil && rec.End.Reached(now):
			s.op = OpExpire
			r.endLocked(&s, id, rec, fsm.Expire)
		}
		batch = append(batch, s)
		if s.op == OpSweep {
			break
		}
	}
	return batch
}

// NextDeadline returns when ExpireOverdue next has work: the earliest end of all
// live tokens, pending or not. It returns false if there is none that time will
// end, and after Close. It takes no lock.
func (r *Registry) NextDeadline() (time.Time, bool) {
	earliest := store.Instant(r.earliest.Load())
	if earliest == store.Never {
		return time.Time{}, false
	}
	return r.moment(earliest), true
}

// endLocked ends a record: by event e if a handoff is pending on it, else as dropped.
func (r *Registry) endLocked(s *step, id store.ID, rec *store.Record, e fsm.Event) {
	if !rec.Pending() {
		r.dropLocked(s, id, rec)
		return
	}
	s.token = Token{rec.Key}
	r.describeLocked(s, rec)
	r.leaveLocked(s, id, rec, e)
}

// dropLocked revokes a token with nothing pending on it.
func (r *Registry) dropLocked(s *step, id store.ID, rec *store.Record) {
	s.op, s.token = OpDrop, Token{rec.Key}
	s.endsAt(rec.End)
	r.removeLocked(id, rec)
}

func (r *Registry) expired(s *step) Expired {
	return Expired{Token: s.token, Backend: s.backend, Deadline: r.moment(s.end)}
}
