package backend

import (
	"github.com/handoff-go/handoff/internal/fdpass"
	"github.com/handoff-go/handoff/wire"
)

// acceptQueued acknowledges an offer for an Accept that took it from the queue. It returns
// the offer if this backend owns it. If its lease has ended, the offer is rejected instead.
func (o *offer) acceptQueued() *offer {
	defer o.link.ackers.Done()
	o.trace(OpReserve, nil)
	if clock, err := fdpass.Clock(); o.serveBy != 0 && (err != nil || uint64(clock) >= o.serveBy) {
		o.expireQueued()
		return nil
	}
	return o.sendAck()
}

// sendAck writes the ACK, reads the clock, and returns the offer if this backend owns it.
//
// The clock is read after the last byte of the ACK was written. Read before, it would make
// two owners: this process reads it inside the lease and is stopped; the deadline comes,
// the broker finds no ACK, and offers the connection to another backend; this process goes
// on, writes its ACK, and serves. Read after, the same process finds that the lease has
// ended, and waits for commit or revoke. In the other direction nothing is lost: an ACK
// that the broker took in time is committed. Spec: SendAck, BackendReadClock.
func (o *offer) sendAck() *offer {
	err := o.link.write(&wire.Ack{Token: o.token, Accepted: true, CorrelationID: o.correlation})
	o.trace(OpSendAck, err)
	clock, clockErr := fdpass.Clock()
	o.trace(OpReadClock, clockErr)
	e := onAckInLease
	if err != nil || clockErr != nil || !o.inLease(clock) {
		e = onAckInDoubt
		// Traced before the phase changes: from then on the reader may find a commit, and
		// another goroutine trace Own.
		o.trace(OpUncertain, nil)
	}
	do := o.finishAck(e)
	if do == doServe {
		if o.own() {
			return o
		}
		return nil
	}
	o.answer(do)
	return nil
}

// expireQueued rejects an offer whose lease ended before an Accept came. The link knows the
// offer until its copy is closed: a revoke of an offer that it does not know gets no reply,
// so the broker would wait for a copy that is still open. Spec: Refuse.
func (o *offer) expireQueued() {
	o.closeCopy()
	do := o.finishAck(onExpiry)
	if do == doSendNack {
		o.nack(wire.ReasonBusy, errExpired)
		return
	}
	o.answer(do)
}

// answer does what a revoke or the end of the link asks of an offer.
func (o *offer) answer(do effect) {
	switch do {
	case doRelease:
		o.closeCopy()
		o.sendReleased()
	case doSendReleased:
		o.sendReleased()
	case doCloseCopy:
		o.closeCopy()
	}
}
