package broker

import (
	"errors"
	"time"

	"github.com/handoff-go/handoff/fallback"
	"github.com/handoff-go/handoff/registry"
	"github.com/handoff-go/handoff/wire"
)

// How an attempt is decided. Each function here is for whoever claimed the attempt from its link:
// it decides the attempt in the registry, tells the backend, and delivers the result, in that order.

// acknowledge judges an ACK that was read at now. Success is the point of no return: the connection
// is the backend's. Spec: Acknowledge.
func (a *attempt) acknowledge(now time.Time) {
	_, err := a.link.service.registry.Acknowledge(a.token, now)
	a.trace(OpAcknowledge, err)
	if err != nil {
		a.fence(err)
		return
	}
	a.link.send((*wire.Commit)(a.wireID()))
	a.trace(OpSendCommit, nil)
	a.link.b.limiter.Succeed(a.link.key)
	a.closeCopy()
	a.owner.deliver(result{attempt: a, step: OpAcknowledge})
}

// reject takes the connection back from a backend that said no: it has closed every copy. Spec:
// Abandon.
func (a *attempt) reject(m *wire.Ack, now time.Time) {
	l := a.link
	l.service.registry.Abandon(a.token)
	a.trace(OpAbandon, nil)
	switch m.Reason {
	case wire.ReasonBusy, wire.ReasonFDPressureDisabled: // the backend is well
	case wire.ReasonDraining:
		l.advance(linkDrainRequested)
	default:
		l.b.limiter.Fail(l.key, now)
	}
	l.b.log.Info("offer rejected", "service", l.service.name, "pid", l.peer.PID, "reason", m.Reason, "detail", m.Detail)
	why := fallback.Decision{Reason: m.Reason.Fallback(), RetryAfter: m.RetryAfter}
	a.owner.deliver(result{attempt: a, step: OpAbandon, why: why})
}

// expire takes back the connection of an unsettled attempt of which it is proved that no ACK was sent in
// time, by a reading of the clock that is now. It can be offered again when its holder has closed
// its copy. Spec: Expire, SendRevoke.
func (a *attempt) expire(now time.Time) {
	l := a.link
	expired, ok := l.service.registry.Expire(a.token, now)
	if !ok { // it was pending and due, so the registry is closed
		l.forget(a)
		a.trace(OpExpire, registry.ErrClosed)
		a.fence(nil)
		return
	}
	a.trace(OpExpire, nil)
	a.revoke()
	l.b.limiter.Fail(l.key, now)
	l.b.log.Info("offer expired", "service", l.service.name, "pid", l.peer.PID)
	a.owner.deliver(result{attempt: a, step: OpExpire, why: expired.Fallback()})
}

// abandon takes back the connection of an attempt that was not acknowledged on a link whose stream
// was read to its end. settled says that the backend closed every copy, by closing the link. Spec:
// Abandon, or Expire where the attempt is due.
func (a *attempt) abandon(settled bool) {
	l := a.link
	now := time.Now()
	step, why := OpAbandon, fallback.Decision{Reason: fallback.BackendGone}
	if expired, due := l.service.registry.Expire(a.token, now); due {
		step, why = OpExpire, expired.Fallback()
	} else {
		l.service.registry.Abandon(a.token)
	}
	a.trace(step, nil)
	if !settled {
		l.unsettle(a)
		a.revoke()
	}
	l.b.limiter.Fail(l.key, now)
	a.owner.deliver(result{attempt: a, step: step, why: why})
}

// abandonFenced ends an attempt for a reason of the broker's own, when an ACK may have been sent
// that it has not read: a caller cannot wait, or the stream cannot be read. Spec: Abandon, Fence.
func (a *attempt) abandonFenced() {
	a.link.service.registry.Abandon(a.token)
	a.trace(OpAbandon, nil)
	a.fence(nil)
}

// expireFenced is abandonFenced for an attempt that is due on a link whose queue has no end. Spec:
// Expire, Fence.
func (a *attempt) expireFenced(now time.Time) {
	a.link.service.registry.Expire(a.token, now)
	a.trace(OpExpire, nil)
	a.fence(nil)
}

// fence ends the connection for everybody: the backend may own it, by its own clock, and nobody
// owning it beats two. err is the registry's refusal of an ACK; nil: there was none. Spec: Fence,
// SendRevoke.
func (a *attempt) fence(err error) {
	l := a.link
	a.trace(OpFence, a.conn.fence())
	a.revoke()
	a.closeCopy()
	why := fallback.Decision{Reason: fallback.BackendAckTimeout}
	var late *registry.DeadlineError
	if errors.As(err, &late) {
		l.b.limiter.Fail(l.key, time.Now())
		why = late.Fallback()
	}
	l.b.log.Warn("connection fenced", "service", l.service.name, "pid", l.peer.PID, "reason", why.Reason)
	a.owner.deliver(result{attempt: a, step: OpFence, why: why})
}

// revoke tells the holder to close its copy. Spec: SendRevoke.
func (a *attempt) revoke() {
	a.link.send((*wire.Revoke)(a.wireID()))
	a.trace(OpSendRevoke, nil)
}

// closeCopy closes the broker's copy of a connection that is somebody else's, or nobody's. Spec:
// CloseCopy.
func (a *attempt) closeCopy() {
	a.conn.close()
	a.trace(OpCloseCopy, nil)
}
