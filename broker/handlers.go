package broker

import (
	"errors"
	"time"

	"github.com/handoff-go/handoff/fallback"
	"github.com/handoff-go/handoff/registry"
	"github.com/handoff-go/handoff/wire"
)

// The rules of what the reader of a link reads, one function each. Whoever took the
// attempt decides it; here that is the reader.

// readAck takes the attempt that an ACK is for. One for an attempt that has ended, or
// never began here, ends nothing and is not answered: whoever must let go was told to
// when the attempt ended, and whoever was acknowledged owns, however often it says so.
// Never is there a fence, since somebody else may own by now. Spec: ReadAck, EndedAck.
func (l *link) readAck(m *wire.Ack, now time.Time) {
	a := l.claim(m.CorrelationID, m.Token)
	if a == nil {
		l.trace(OpReadAck, registry.ErrNotPending, "")
		return
	}
	a.trace(OpReadAck, nil)
	l.acknowledge(a, now)
}

// acknowledge judges an ACK. Success is the point of no return: the connection is the
// backend's. Spec: Acknowledge.
func (l *link) acknowledge(a *attempt, now time.Time) {
	_, err := l.service.registry.Acknowledge(a.token, now)
	a.trace(OpAcknowledge, err)
	if err != nil {
		l.fenceAttempt(a, err)
		return
	}
	l.send((*wire.Commit)(a.wireID()))
	a.trace(OpSendCommit, nil)
	l.b.limiter.Succeed(l.key)
	a.closeCopy()
	a.transfer.deliver(result{kind: adopted, attempt: a})
}

// fenceAttempt ends a connection whose ACK came too late to count: the backend may own it, by
// its own clock. Nobody owning beats two. Spec: Fence, SendRevoke.
func (l *link) fenceAttempt(a *attempt, err error) {
	a.trace(OpFence, a.transfer.conn.fence())
	l.revoke(a)
	a.closeCopy()
	var deadline *registry.DeadlineError
	why := fallback.Decision{Reason: fallback.BackendAckTimeout}
	if errors.As(err, &deadline) {
		l.b.limiter.Fail(l.key, time.Now())
		why = deadline.Fallback()
	}
	l.b.log.Warn("connection fenced", "service", l.service.name, "pid", l.peer.PID, "reason", why.Reason)
	a.transfer.deliver(result{kind: fenced, attempt: a, why: why})
}

// closeCopy closes the broker's copy of a connection that is somebody else's, or
// nobody's. Spec: CloseCopy.
func (a *attempt) closeCopy() {
	a.transfer.conn.close()
	a.trace(OpCloseCopy, nil)
}

// readNack gives the connection back: a backend that rejects has closed every copy.
// Spec: ReadNack, Abandon.
func (l *link) readNack(m *wire.Ack, now time.Time) {
	a := l.claim(m.CorrelationID, m.Token)
	if a == nil {
		// One that expired meanwhile is settled by it.
		settled := l.settle(m.CorrelationID, m.Token)
		l.trace(OpReadNack, nil, noteIf(settled == nil, "of no attempt"))
		return
	}
	a.trace(OpReadNack, nil)
	l.service.registry.Abandon(a.token)
	a.trace(OpAbandon, nil)
	switch m.Reason {
	case wire.ReasonBusy, wire.ReasonFDPressureDisabled: // it is well, and says so
	case wire.ReasonDraining:
		l.drain()
	default:
		l.b.limiter.Fail(l.key, now)
	}
	l.b.log.Info("offer rejected", "service", l.service.name, "pid", l.peer.PID, "reason", m.Reason, "detail", m.Detail)
	why := fallback.Decision{Reason: m.Reason.Fallback(), RetryAfter: m.RetryAfter}
	a.transfer.deliver(result{kind: back, attempt: a, why: why})
}

// revoke tells a holder to let go. Spec: SendRevoke.
func (l *link) revoke(a *attempt) {
	l.send((*wire.Revoke)(a.wireID()))
	a.trace(OpSendRevoke, nil)
}

func (a *attempt) wireID() *wire.Attempt {
	return &wire.Attempt{Token: a.token, CorrelationID: a.correlation}
}

// readReleased notes that a holder has let go. Spec: ReadReleased.
func (l *link) readReleased(m *wire.Released) {
	a := l.settle(m.CorrelationID, m.Token)
	if a == nil {
		l.trace(OpReadReleased, nil, "of no attempt")
		return
	}
	a.trace(OpReadReleased, nil)
}

// readPong ends the wait for a sign of life. One for another ping is no such sign.
func (l *link) readPong(m *wire.Pong, now time.Time) {
	if l.nonce != 0 && m.Nonce == l.nonce {
		l.nonce = 0
		l.pingAt = now.Add(l.b.o.PingInterval)
	}
}

// drain stops offers to a backend that wants no more. What is under way goes on.
func (l *link) drain() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.draining = true
}

// sendBye tells a draining backend that nothing more will come, once nothing is under
// way. Only the reader says it: it has sent every commit by then.
func (l *link) sendBye() {
	l.mu.Lock()
	due := l.draining && !l.bye && len(l.attempts) == 0 && len(l.unsettled) == 0
	l.bye = l.bye || due
	l.mu.Unlock()
	if due {
		l.send(&wire.Bye{Reason: wire.ByeClosing})
	}
}

func noteIf(condition bool, note string) string {
	if condition {
		return note
	}
	return ""
}
