package broker

import (
	"time"

	"github.com/handoff-go/handoff/internal/fdpass"
	"github.com/handoff-go/handoff/registry"
	"github.com/handoff-go/handoff/wire"
)

// handleDeadlines does what has come due on a link: attempts past their deadline, and pings. It
// reports whether the stream ended meanwhile, or why the link must be dropped.
//
// The order is the proof. The clock is read first, then the queue until it is empty, and
// only then attempts expire, by that same reading: an ACK that was written within its
// lease had arrived by the reading, so it was in the queue. Spec: ReadClock, Drain,
// Expire.
func (l *link) handleDeadlines() (over bool, err error) {
	clock, now := l.readClock()
	// A pong that came in time counts, however late this process runs.
	if l.anyDue(clock, now) || l.pongDue(now) {
		switch end, err := l.readQueue(); end {
		case drainEnd:
			return true, nil
		case drainGarbled:
			return false, err
		case drainFlooded:
			l.fenceDue(clock, now)
			return false, err
		}
		if l.partlyWritten(now) {
			return false, errPartial
		}
		for _, a := range l.claimDue(clock, now) {
			l.expire(a, now)
		}
		l.sendBye()
	}
	return false, l.ping(now)
}

// readClock reads the kernel's clock, which the leases are of, and Go's, which the
// registry's deadlines are of. Spec: ReadClock.
func (l *link) readClock() (clock int64, now time.Time) {
	clock, _ = fdpass.Clock() // New has read it
	now = time.Now()
	l.trace(OpReadClock, nil, "")
	return clock, now
}

// due reports whether the attempt's time has come by both clocks.
func (a *attempt) due(clock int64, now time.Time) bool {
	return !now.Before(a.deadline) && clock >= a.serveBy
}

func (l *link) anyDue(clock int64, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, a := range l.attempts {
		if a.due(clock, now) {
			return true
		}
	}
	return false
}

func (l *link) claimDue(clock int64, now time.Time) []*attempt {
	return l.claimAll(func(a *attempt) bool { return a.due(clock, now) })
}

// partlyWritten reports whether an offer is still being written at its deadline: what
// the backend makes of a part is not known, so the link breaks.
func (l *link) partlyWritten(now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.partial != nil && l.attempts[l.partial.correlation] == l.partial && !now.Before(l.partial.deadline)
}

// expire ends an attempt of which it is proved that no ACK was sent in time. The
// connection is the broker's again, as soon as its holder has let go. The caller took
// the attempt. Spec: Expire, SendRevoke.
func (l *link) expire(a *attempt, now time.Time) {
	expired, ok := l.service.registry.Expire(a.token, now)
	if !ok { // it was pending and over: only a closed registry says otherwise
		a.trace(OpExpire, registry.ErrClosed)
		l.fenceAttempt(a, nil)
		return
	}
	a.trace(OpExpire, nil)
	l.unsettle(a)
	l.revoke(a)
	l.b.limiter.Fail(l.key, now)
	l.b.log.Info("offer expired", "service", l.service.name, "pid", l.peer.PID)
	a.transfer.deliver(result{kind: back, attempt: a, why: expired.Fallback()})
}

// fenceDue ends the connections of attempts that are due on a link whose queue cannot be
// read to its end: an ACK may be in it.
func (l *link) fenceDue(clock int64, now time.Time) {
	for _, a := range l.claimDue(clock, now) {
		l.service.registry.Expire(a.token, now)
		a.trace(OpExpire, nil)
		l.fenceAttempt(a, nil)
	}
}

// pongDue reports whether the pong of the last ping should be in.
func (l *link) pongDue(now time.Time) bool {
	return l.nonce != 0 && !l.pingAt.IsZero() && !now.Before(l.pingAt)
}

// ping sends the ping that is due, or returns errSilent if the last one has no pong.
func (l *link) ping(now time.Time) error {
	if l.pingAt.IsZero() || now.Before(l.pingAt) {
		return nil
	}
	if l.nonce != 0 {
		return errSilent
	}
	for l.nonce == 0 {
		l.nonce = randomNonce()
	}
	l.pingAt = now.Add(l.b.o.PingInterval)
	l.send(&wire.Ping{Nonce: l.nonce})
	return nil
}
