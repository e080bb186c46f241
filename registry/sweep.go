package registry

import (
	"time"

	"github.com/handoff-go/handoff/fsm"
)

// How many records a sweep or Close ends before it lets others in: few at
// first, since most sweeps find few, then more and more.
const (
	minBatch = 16
	maxBatch = 1024
)

// Expire ends one handoff if it is pending and its deadline has come: it
// returns it and true. Otherwise it changes nothing and returns false.
func (r *Registry) Expire(t Token, now time.Time) (Expired, bool) {
	s := step{op: OpExpire, token: t, now: r.instantOf(now), timed: true}
	r.mu.Lock()
	switch n, rec := r.lookUpLocked(&s); {
	case r.closed:
		s.err = ErrClosed
	case rec != nil && rec.pending() && rec.end.reached(s.now):
		r.leaveLocked(&s, n, rec, fsm.Expire)
	}
	r.unlock(&s)
	if s.state != fsm.Expired {
		return Expired{}, false
	}
	return r.expired(&s), true
}

// ExpireOverdue ends every pending handoff whose deadline has come and returns
// them, the oldest deadline first; nil if there is none. It also drops issued
// tokens past their end. Its cost is that of what ends: a call that finds
// nothing takes no lock, unless Options.Trace is set.
//
// It is a sequence of steps, one a record, and lets others in between: what
// another call ends meanwhile is not returned here. After Close it returns nil.
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

// sweep ends what is over and calls each with every step that it took, until
// nothing more is over or each returns false.
func (r *Registry) sweep(now time.Time, each func(*step) bool) {
	at := r.instantOf(now)
	for size := minBatch; r.trace != nil || instant(r.earliest.Load()).reached(at); size = min(2*size, maxBatch) {
		batch := make([]step, 0, size)
		r.mu.Lock()
		batch = r.sweepLocked(at, batch)
		r.unlock(nil, batch...)
		for i := range batch {
			if batch[i].op == OpSweep || !each(&batch[i]) {
				return
			}
		}
	}
}

// sweepLocked ends what is over, the smallest end first, until batch is full.
// If that is before the end, its last step tells that nothing more is over.
func (r *Registry) sweepLocked(now instant, batch []step) []step {
	for len(batch) < cap(batch) {
		s := step{op: OpSweep, now: now, timed: true}
		switch n := r.firstLocked(); {
		case r.closed:
			s.err = ErrClosed
		case n != 0 && r.records.at(n).end.reached(now):
			s.op = OpExpire
			r.endLocked(&s, n, fsm.Expire)
		}
		batch = append(batch, s)
		if s.op == OpSweep {
			break
		}
	}
	return batch
}

// Close ends the registry: it abandons every pending handoff, returns them, and
// revokes every token. From its first instant on, calls answer [ErrClosed], or
// as if nothing were there; Stats, Len, Tokens and Backend keep answering. A
// second Close returns nil at once, even while the first is at work.
//
// Like ExpireOverdue it is a sequence of steps, one a record.
func (r *Registry) Close() []Abandoned {
	s := step{op: OpClose}
	r.mu.Lock()
	if r.closed {
		s.err = ErrClosed
	} else {
		r.closed = true
		close(r.closing)
	}
	r.unlock(&s)
	if s.err != nil {
		return nil
	}
	return r.empty(nil)
}

// empty ends every record of a closed registry. Nobody else can, so it goes on
// even when a callback panics.
func (r *Registry) empty(all []Abandoned) []Abandoned {
	done := false
	defer func() {
		if !done {
			r.empty(nil)
		}
	}()
	for size := minBatch; ; size = min(2*size, maxBatch) {
		batch := make([]step, 0, size)
		r.mu.Lock()
		for n := r.firstLocked(); n != 0 && len(batch) < size; n = r.firstLocked() {
			batch = append(batch, step{op: OpAbandon})
			r.endLocked(&batch[len(batch)-1], n, fsm.Abandon)
		}
		r.unlock(nil, batch...)
		for i := range batch {
			if batch[i].state == fsm.Abandoned {
				all = append(all, Abandoned{Token: batch[i].token, Backend: batch[i].backend})
			}
		}
		if len(batch) < size {
			done = true
			return all
		}
	}
}

// NextDeadline returns when ExpireOverdue next has work: the soonest end of all
// live tokens, pending or not. It returns false if none will ever end by itself,
// and after Close.
func (r *Registry) NextDeadline() (time.Time, bool) {
	earliest := instant(r.earliest.Load())
	if earliest == never {
		return time.Time{}, false
	}
	return r.moment(earliest), true
}

// firstLocked returns the record with the smallest end, 0 if there is none. It
// merges two lists, each in order: where the token's end clips a deadline, the
// order of Register is not the order of ends.
func (r *Registry) firstLocked() uint32 {
	a, t := r.ack.head, r.ttl.head
	if a == 0 || t != 0 && r.records.at(t).end < r.records.at(a).end {
		return t
	}
	return a
}

// endLocked ends a record: by e if a handoff is pending on it, else as dropped.
func (r *Registry) endLocked(s *step, n uint32, e fsm.Event) {
	rec := r.records.at(n)
	if !rec.pending() {
		r.dropLocked(s, n)
		return
	}
	s.token = rec.token
	r.describeLocked(s, rec)
	r.leaveLocked(s, n, rec, e)
}

// dropLocked revokes a token that nothing is pending on.
func (r *Registry) dropLocked(s *step, n uint32) {
	rec := r.records.at(n)
	s.op, s.token = OpDrop, rec.token
	s.endsAt(rec.end)
	r.removeLocked(n, rec)
}

func (r *Registry) expired(s *step) Expired {
	return Expired{Token: s.token, Backend: s.backend, Deadline: r.moment(s.end)}
}
