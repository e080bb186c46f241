package registry

import (
	"cmp"
	"crypto/rand"
	"fmt"
	"io"
	"time"

	"github.com/handoff-go/handoff/registry/internal/store"
)

// Issue returns a new live token with nothing pending on it, which lives until
// now + TokenTTL at most. It returns [ErrFull] when MaxPending tokens are live
// (issued ones past their end are dropped first), [ErrCollision] when no try of the
// random source gave an unused token, the random source's error wrapped, or
// [ErrClosed]. With an error, nothing is issued and the token is the zero Token.
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
	if !r.room.Load() {
		r.mu.Lock()
		if s.err = r.makeRoomLocked(s.now); s.err != nil {
			return r.refuseLocked(&s)
		}
		r.mu.Unlock()
	}
	for range r.attempts {
		t, err := r.draw()
		b, known := r.lockForBackend(s.backend)
		if !r.hasRoomLocked() {
			s.err = r.makeRoomLocked(s.now)
			known = r.records.FindBackend(store.Backend(b)) // the lock was released meanwhile
		}
		if s.err = cmp.Or(s.err, err); s.err != nil {
			return r.refuseLocked(&s)
		}
		if _, live := r.findLocked(&t); live == nil && !t.IsZero() {
			s.token = t
			if s.op == OpIssue {
				r.issueLocked(&s, s.now.After(r.tokenTTL))
			} else {
				if known == 0 {
					known = r.records.AddBackend(store.Backend(b))
				}
				// AckDeadline <= TokenTTL, so this is not after the token's end.
				r.beginLocked(&s, s.now.After(r.ackDeadline), known)
			}
			r.unlock(&s)
			return t, nil
		}
		r.mu.Unlock()
	}
	r.mu.Lock()
	s.err = cmp.Or(r.makeRoomLocked(s.now), ErrCollision)
	return r.refuseLocked(&s)
}

func (r *Registry) refuseLocked(s *step) (Token, error) {
	r.unlock(s)
	return Token{}, s.err
}

// makeRoomLocked returns nil when one more record may be made. A full registry
// first drops the issued tokens past their end, but never an overdue handoff: if
// Begin of one client could end the handoff of another, nobody would return that
// client's Expired to its caller. It releases the lock after each batch, as a
// sweep does.
func (r *Registry) makeRoomLocked(now store.Instant) error {
	for !r.hasRoomLocked() {
		if r.closed {
			return ErrClosed
		}
		var batch []step
		for range maxBatch {
			id, rec := r.records.FirstIssued()
			if rec == nil || !rec.End.Reached(now) {
				break
			}
			batch = append(batch, step{now: now, timed: true})
			r.dropLocked(&batch[len(batch)-1], id, rec)
		}
		if len(batch) == 0 {
			return ErrFull
		}
		r.unlockAll(batch)
		r.mu.Lock()
	}
	return nil
}

func (r *Registry) hasRoomLocked() bool { return !r.closed && r.stats.Tokens < r.maxRecords }

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
