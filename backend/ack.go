package backend

import (
	"time"

	"github.com/handoff-go/handoff/internal/fdpass"
	"github.com/handoff-go/handoff/wire"
)

// readOffer takes an offer: for an Accept that waits it is acknowledged at once, by this
// goroutine, else it queues, and if the queue is full it is rejected. Spec: ReadOffer,
// Reserve.
func (l *link) readOffer(m *wire.Offer, came arrived) error {
	ln := l.listener
	ln.count(func(c *counts) { c.offers++ })
	if len(came.fds) == 0 {
		o := newOffer(l, m, -1)
		o.trace(OpReadOffer, nil)
		o.nackMissing(came.truncated)
		return nil
	}
	l.refuse(came.fds[1:]) // surplus
	o := newOffer(l, m, came.fds[0])
	o.trace(OpReadOffer, nil)
	if m.Service != ln.service {
		o.closeCopy()
		o.nack(wire.ReasonIntegrityMismatch, errService)
		return nil
	}

	ln.mu.Lock()
	if l.offers[o.correlation] != nil {
		ln.mu.Unlock()
		o.closeCopy()
		return errRepeated
	}
	wait := ln.reserveLocked()
	reason := wire.ReasonBusy
	if ln.closed {
		reason = wire.ReasonDraining
	}
	full := wait == nil && (ln.closed || len(ln.queue) >= ln.o.Queue)
	switch {
	case wait != nil:
		l.offers[o.correlation] = o
		o.phase = acking
	case !full:
		l.offers[o.correlation] = o
		ln.queue = append(ln.queue, o)
	}
	ln.mu.Unlock()
	switch {
	case wait != nil:
		o.trace(OpReserve, nil)
		wait <- o.takeIt()
	case full:
		o.closeCopy()
		o.nack(reason, nil)
	}
	return nil
}

// pressureLasts is how long a broker should spare a backend without descriptors.
const pressureLasts = 100 * time.Millisecond

// nackMissing rejects an offer that came without its descriptor. There is room for more
// descriptors than can be sent, so what is truncated there was no descriptor left for.
func (o *offer) nackMissing(truncated bool) {
	m := wire.Ack{Reason: wire.ReasonDescriptorMissing}
	if truncated {
		m = wire.Ack{Reason: wire.ReasonFDPressureDisabled, RetryAfter: pressureLasts, Detail: errNoDescriptors.Error()}
	}
	o.sendNack(m)
}

// nack rejects an offer whose copy is closed.
func (o *offer) nack(reason wire.Reason, why error) {
	m := wire.Ack{Reason: reason}
	if why != nil {
		m.Detail = why.Error()
	}
	o.sendNack(m)
}

// sendNack says no, after every copy is closed. Spec: SendNack.
func (o *offer) sendNack(m wire.Ack) {
	m.Token, m.CorrelationID = o.token, o.correlation
	o.link.listener.count(func(c *counts) { c.rejected++ })
	err := o.link.write(&m)
	o.trace(OpSendNack, err)
}

// beginAckLocked hands the offer to the goroutine that will write its ACK.
func (o *offer) beginAckLocked() {
	o.phase = acking
	o.link.ackers.Add(1) // the link is not over: it would have taken the offer
}

// acknowledge takes an offer for an Accept that came after it, and returns it if this
// backend owns it. An offer whose time is over is rejected instead.
func (o *offer) acknowledge() *offer {
	defer o.link.ackers.Done()
	o.trace(OpReserve, nil)
	if clock, err := fdpass.Clock(); o.serveBy != 0 && (err != nil || uint64(clock) >= o.serveBy) {
		o.lapse()
		return nil
	}
	return o.takeIt()
}

// lapse rejects an offer that nobody accepted in time. It is among the offers until its
// copy is closed: a revoke of what is not among them is answered at once.
func (o *offer) lapse() {
	o.closeCopy()
	ln := o.link.listener
	ln.mu.Lock()
	said := o.verdict
	delete(o.link.offers, o.correlation)
	ln.mu.Unlock()
	switch said {
	case revoked:
		o.release()
	case 0:
		o.nack(wire.ReasonBusy, errLapsed)
	}
}

// takeIt writes the ACK, and then reads the clock: the order is what makes one owner. It
// returns the offer if this backend owns it. Spec: SendAck, ReadClock, Own, Uncertain.
func (o *offer) takeIt() *offer {
	err := o.link.write(&wire.Ack{Token: o.token, Accepted: true, CorrelationID: o.correlation})
	o.trace(OpSendAck, err)
	clock, clockErr := fdpass.Clock()
	o.trace(OpReadClock, clockErr)
	return o.settle(err == nil && clockErr == nil && o.inLease(clock))
}

// settle gives an acknowledged offer its phase, by the lease and by what the broker said
// meanwhile.
func (o *offer) settle(own bool) *offer {
	ln := o.link.listener
	ln.mu.Lock()
	said := o.verdict
	switch {
	case said == revoked:
		// The broker ended the connection, or had its proof: the lease was over.
		own = false
		delete(o.link.offers, o.correlation)
	case said == committed:
		own = true
		delete(o.link.offers, o.correlation)
	case own: // also if the link died: the ACK went in time
		o.phase = owned
	case said == 0:
		o.phase = uncertain
	}
	ln.mu.Unlock()
	switch {
	case own:
		if o.own() {
			return o
		}
	case said == revoked:
		o.closeCopy()
		o.release()
	case said == linkDied:
		ln.count(func(c *counts) { c.lost++ })
		o.closeCopy()
	default:
		o.trace(OpUncertain, nil)
	}
	return nil
}
