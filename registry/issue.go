package registry

import (
	"crypto/rand"
	"fmt"
	"io"
	"time"
)

// Issue returns a new live token with nothing pending on it, which lives until
// now + TokenTTL at most. It returns [ErrFull] when MaxPending tokens are live
// (issued ones past their end are dropped first), [ErrCollision] when no try of
// the random source gave a fresh token, the random source's error wrapped, or
// [ErrClosed]. Nothing is issued then.
func (r *Registry) Issue(now time.Time) (Token, error) {
	return r.begin(step{op: OpIssue, now: r.instantOf(now), timed: true})
}

// Begin is Issue and Register in one step: it returns a new live token whose
// handoff is pending, for b to acknowledge before now + AckDeadline. Its errors
// are Issue's.
func (r *Registry) Begin(b Backend, now time.Time) (Token, error) {
	return r.begin(step{op: OpBegin, backend: b, now: r.instantOf(now), timed: true})
}

func (r *Registry) begin(s step) (Token, error) {
	var dropped []step
	if !r.room.Load() {
		r.mu.Lock()
		if dropped, s.err = r.makeRoomLocked(s.now, dropped); s.err != nil {
			r.unlock(&s, dropped...)
			return Token{}, s.err
		}
		r.unlock(nil, dropped...)
	}
	for range r.attempts {
		t, err := r.draw()
		if err != nil {
			s.err = err
			r.mu.Lock()
			r.unlock(&s)
			return Token{}, err
		}
		b, known := r.lockForBackend(s.backend)
		dropped, s.err = r.makeRoomLocked(s.now, nil)
		if _, live := r.findLocked(&t); s.err == nil && (live != nil || t.IsZero()) {
			r.unlock(nil, dropped...)
			continue
		}
		if s.err == nil {
			s.token = t
			r.insertLocked(&s, b, known)
		}
		r.unlock(&s, dropped...)
		return s.token, s.err
	}
	s.err = ErrCollision
	r.mu.Lock()
	r.unlock(&s)
	return Token{}, s.err
}

// insertLocked makes the record that a step begins.
func (r *Registry) insertLocked(s *step, b Backend, known uint32) {
	if s.op == OpIssue {
		_, rec := r.addLocked(&s.token, s.now.after(r.tokenTTL), false)
		s.endsAt(rec.end)
		return
	}
	// AckDeadline <= TokenTTL, so the ACK's deadline is the sooner end.
	_, rec := r.addLocked(&s.token, s.now.after(r.ackDeadline), true)
	r.pendLocked(rec, s, b, known)
}

// makeRoomLocked returns nil when one more record may be made. A full registry
// first drops the issued tokens past their end, but never a pending handoff:
// only its own operations end that, so that a caller learns of it.
func (r *Registry) makeRoomLocked(now instant, dropped []step) ([]step, error) {
	if r.closed {
		return dropped, ErrClosed
	}
	if r.stats.Tokens < r.maxRecords {
		return dropped, nil
	}
	for n := r.issued.head; n != 0 && r.records.at(n).end.reached(now); n = r.issued.head {
		s := step{op: OpDrop, now: now, timed: true}
		r.dropLocked(&s, n)
		if r.trace != nil {
			dropped = append(dropped, s)
		}
	}
	if r.stats.Tokens >= r.maxRecords {
		return dropped, ErrFull
	}
	return dropped, nil
}

// draw reads one candidate from the random source, outside the lock.
func (r *Registry) draw() (Token, error) {
	if r.rand == nil {
		var b [TokenSize]byte
		rand.Read(b[:]) // never fails, and lets b stay on the stack
		return Token{masked(b)}, nil
	}
	b := make([]byte, TokenSize)
	if _, err := io.ReadFull(r.rand, b); err != nil {
		return Token{}, fmt.Errorf("registry: random source: %w", err)
	}
	return ParseToken(b)
}
