// Package registry keeps the handoffs of a broker: their tokens, their
// deadlines and their outcomes. It is the verified core of this module.
//
// A broker that passes a client's connection to a backend calls
// [Registry.Begin], which returns a one-time token. The backend's ACK goes to
// [Registry.Acknowledge]. If no ACK comes before the deadline, the handoff
// expires: by [Registry.ExpireOverdue], by [Registry.Run], or by the late ACK
// itself. If the broker gives up, it calls [Registry.Abandon]. In every case the
// handoff leaves the registry exactly once, and its token is permanently revoked.
//
// Time is a parameter: only Run reads a clock (and New once, for the base of its
// instants). An ACK observed before the deadline succeeds, one at or past it fails,
// and nothing expires before its deadline.
//
// Where the semantics come from, and where they differ from that, is in docs/reference.md.
package registry

import (
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/handoff-go/handoff/fsm"
	"github.com/handoff-go/handoff/registry/internal/store"
)

// Registry is a set of handoffs and their tokens. Make one with [New]; the zero
// Registry is not usable, and a Registry must not be copied. All methods are safe
// for concurrent use. Apart from Run, a method blocks only on the registry's one
// lock, the random source and the caller's own callbacks.
//
// The last parameter of a method that depends on time is the current time. A clock
// that steps back changes no outcome: no wait is negative, and nothing ends early.
// It only costs time, since a record that ends before others is inserted by passing
// them. Times further than 2^62-1 nanoseconds (146 years) from New count as that
// far, and a deadline there is never reached.
type Registry struct {
	ackDeadline time.Duration
	tokenTTL    time.Duration
	maxRecords  int
	attempts    int
	rand        io.Reader
	onExit      func(Exit)
	trace       func(Event)
	base        time.Time
	refKey      []byte

	closing chan struct{} // closed by Close
	wake    chan struct{} // signals to one Run that there is an earlier end

	earliest atomic.Int64 // the smallest end of all records; store.Never if there is none
	room     atomic.Bool  // neither closed nor full

	mu      sync.Mutex
	closed  bool
	runners int           // calls of Run in progress
	armed   store.Instant // an end that the timer of some Run is set to, or store.Never
	seq     uint64
	records store.Store
	stats   Stats
}

// New returns an empty registry, or an [*OptionError]. It reads the clock once:
// instants are counted from then.
func New(o Options) (*Registry, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	r := &Registry{
		ackDeadline: o.AckDeadline,
		tokenTTL:    o.TokenTTL,
		maxRecords:  min(o.MaxPending, store.MaxRecords),
		attempts:    o.CollisionAttempts,
		rand:        o.Rand,
		onExit:      o.OnExit,
		trace:       o.Trace,
		base:        time.Now(),
		closing:     make(chan struct{}),
		wake:        make(chan struct{}, 1),
		records:     store.New(),
		armed:       store.Never,
	}
	if o.Trace != nil {
		r.refKey = newRefKey()
	}
	r.earliest.Store(int64(store.Never))
	r.room.Store(true)
	return r, nil
}

// Register makes the handoff of an issued token pending, for b to acknowledge
// before the sooner of now + AckDeadline and the token's end. It returns
//
//   - [ErrTokenNotLive] if t was never issued, is revoked or was consumed;
//   - [ErrAlreadyPending] if the handoff is pending: nothing changes, its
//     deadline included;
//   - [ErrTokenExpired] if the token's end has come: it is revoked;
//   - [ErrClosed] after Close.
func (r *Registry) Register(t Token, b Backend, now time.Time) error {
	s := step{op: OpRegister, token: t, backend: b, now: r.instantOf(now), timed: true}
	b, known := r.lockForBackend(b)
	r.registerLocked(&s, b, known)
	r.unlock(&s)
	return s.err
}

func (r *Registry) registerLocked(s *step, b Backend, known store.BackendID) {
	id, rec := r.findLocked(&s.token)
	if rec != nil {
		s.endsAt(rec.End)
	}
	switch {
	case r.closed:
		s.err = ErrClosed
	case rec == nil:
		s.err = ErrTokenNotLive
	case rec.Pending():
		s.err = ErrAlreadyPending
	case rec.End.Reached(s.now):
		s.err = ErrTokenExpired
		r.removeLocked(id, rec)
	default:
		deadline := min(s.now.After(r.ackDeadline), rec.End)
		if known == 0 {
			known = r.records.AddBackend(store.Backend(b))
		}
		r.records.Pend(id, deadline, s.now, known)
		r.pendingLocked(s, deadline)
	}
}

// Consume is the backend's side of a handoff: the token presented must be the one
// expected, and is accepted once. The checks, in this order (docs/reference.md):
//
//   - [ErrClosed] after Close;
//   - [ErrTokenNotLive] if the expected token is not live or was consumed;
//   - [ErrTokenExpired] if its end has come: it is revoked, and a handoff
//     pending on it leaves as expired;
//   - [ErrTokenMismatch] if another token is presented: nothing is consumed.
//
// Consume does not end a pending handoff: only the ACK does, and it stays possible
// until the deadline. A token with nothing pending on it is revoked.
func (r *Registry) Consume(expected, presented Token, now time.Time) error {
	s := step{op: OpConsume, token: expected, presented: presented, now: r.instantOf(now), timed: true}
	r.mu.Lock()
	r.consumeLocked(&s)
	r.unlock(&s)
	return s.err
}

func (r *Registry) consumeLocked(s *step) {
	id, rec := r.lookUpLocked(s)
	switch {
	case r.closed:
		s.err = ErrClosed
	case rec == nil || rec.Consumed:
		s.err = ErrTokenNotLive
	case rec.End.Reached(s.now):
		if rec.Pending() {
			r.leaveLocked(s, id, rec, fsm.Expire)
		} else {
			r.removeLocked(id, rec)
		}
		s.err = ErrTokenExpired
	case !s.presented.Equal(s.token):
		s.err = ErrTokenMismatch
	case rec.Pending():
		rec.Consumed = true
	default:
		r.removeLocked(id, rec)
	}
}

// Acknowledge ends a pending handoff. Before its deadline it leaves as
// acknowledged. At or past the deadline it leaves as expired, and the error is a
// [*DeadlineError]. For a token with no pending handoff, for whatever reason, the
// error is [ErrNotPending]; after Close it is [ErrClosed].
func (r *Registry) Acknowledge(t Token, now time.Time) (Acknowledged, error) {
	s := step{op: OpAcknowledge, token: t, now: r.instantOf(now), timed: true}
	r.mu.Lock()
	r.acknowledgeLocked(&s)
	if s.state == fsm.Expired { // before unlock, so that the trace has it too
		s.err = &DeadlineError{Backend: s.backend, Deadline: r.moment(s.end), Late: s.now.Since(s.end)}
	}
	r.unlock(&s)
	if s.err != nil {
		return Acknowledged{}, s.err
	}
	return Acknowledged{Token: t, Backend: s.backend, Waited: s.waited}, nil
}

func (r *Registry) acknowledgeLocked(s *step) {
	id, rec := r.lookUpLocked(s)
	switch {
	case r.closed:
		s.err = ErrClosed
	case rec == nil || !rec.Pending():
		s.err = ErrNotPending
	case rec.End.Reached(s.now):
		r.leaveLocked(s, id, rec, fsm.Expire)
	default:
		r.leaveLocked(s, id, rec, fsm.Acknowledge)
	}
}

// Abandon gives up on t: the token is revoked whether or not a handoff is pending
// on it. It returns the backend of the handoff that was pending and true, or false
// if there was none.
func (r *Registry) Abandon(t Token) (Backend, bool) {
	s := step{op: OpAbandon, token: t}
	r.mu.Lock()
	switch id, rec := r.lookUpLocked(&s); {
	case r.closed:
		s.err = ErrClosed
	case rec == nil:
	case rec.Pending():
		r.leaveLocked(&s, id, rec, fsm.Abandon)
	default:
		r.removeLocked(id, rec)
	}
	r.unlock(&s)
	if s.state != fsm.Abandoned {
		return Backend{}, false
	}
	return s.backend, true
}

// Backend returns the backend of a pending handoff and true, or false if none
// is pending for t.
func (r *Registry) Backend(t Token) (Backend, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, rec := r.findLocked(&t)
	if rec == nil || !rec.Pending() {
		return Backend{}, false
	}
	return Backend(r.records.Backend(rec)), true
}

// Len returns how many handoffs are pending.
func (r *Registry) Len() int { return r.Stats().Pending }

// Tokens returns how many tokens are live, pending or not.
func (r *Registry) Tokens() int { return r.Stats().Tokens }

// AckDeadline returns how long a backend has to acknowledge.
func (r *Registry) AckDeadline() time.Duration { return r.ackDeadline }

// Stats returns the counts, all of the same instant.
func (r *Registry) Stats() Stats {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.stats
}
