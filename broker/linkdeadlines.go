package broker

import (
	"time"

	"github.com/handoff-go/handoff/internal/fdpass"
	"github.com/handoff-go/handoff/wire"
)

// handleDeadlines does what is due on a link: attempts past their deadline, and pings. It reports
// whether the stream ended, or why the link must be dropped.
//
// The order is the proof that an expired attempt has no owner: read the clock, then read the queue
// until it is empty, then expire, by that same reading. A backend owns the connection only if it
// read its clock inside the lease after it wrote its ACK. A send is atomic with its arrival, so an
// ACK of an attempt whose lease ends at or before our reading was in the queue when we read the
// clock, and reading the queue finds it. In any other order it can be missed:
//
//	queue, clock:  the queue is empty; the ACK arrives inside the lease, and the backend serves; the
//	               clock now says that the lease has ended, and the connection is offered again.
//	expire with a second reading after the queue: the same, for what became due in between.
//	expire, queue: the ACK was there, and finds its attempt ended.
//
// Spec: ReadClock, Drain, Expire.
func (r *reader) handleDeadlines() (ended bool, err error) {
	clock, now := r.readClock()
	// The queue is read before a pong is missed, too: one that came in time counts, however late this
	// process runs.
	if r.anyDue(clock, now) || r.pings.pongDue(now) {
		switch state, err := r.readQueue(); state {
		case queueEnded:
			return true, nil
		case queueGarbled:
			return false, err
		case queueFlooded:
			for _, a := range r.claimIf(func(a *attempt) bool { return a.due(clock, now) }) {
				a.expireFenced(now) // an ACK may be in what is not read yet
			}
			return false, err
		}
		if r.partlyWritten(now) {
			return false, errPartial
		}
		for _, a := range r.unsettleDue(clock, now) {
			a.expire(now)
		}
		r.sendBye()
	}
	return false, r.ping(now)
}

// readClock reads the kernel's clock, which ends the leases, and Go's, which ends the registry's
// deadlines. Spec: ReadClock.
func (r *reader) readClock() (clock int64, now time.Time) {
	clock, _ = fdpass.Clock() // New has read it, so it can be read
	now = time.Now()
	r.trace(OpReadClock, nil, "")
	return clock, now
}

func (r *reader) anyDue(clock int64, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.attempts.anyDue(clock, now)
}

// partlyWritten reports whether an offer is still being written at its deadline. What its backend
// does with a part is not known, and the rest cannot be left out of the stream: the link must be
// dropped.
func (r *reader) partlyWritten(now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	a := r.out.partial
	return a != nil && r.attempts.isPending(a) && !now.Before(a.deadline)
}

// ping sends the ping that is due, or returns errSilent if the last one has no pong.
func (r *reader) ping(now time.Time) error {
	if r.pings.pongDue(now) {
		return errSilent
	}
	if nonce := r.pings.next(now); nonce != 0 {
		r.send(&wire.Ping{Nonce: nonce})
	}
	return nil
}
