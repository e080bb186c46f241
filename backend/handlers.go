package backend

import (
	"io"

	"github.com/handoff-go/handoff/wire"
)

// One handler for each message that a broker sends. The reader of the link calls them; an
// error ends the link.

// handleReceived handles every message that has been received whole.
func (l *link) handleReceived() error {
	for {
		frame, at, err := l.in.Next()
		if err == wire.ErrIncomplete {
			return nil
		}
		if err != nil {
			return err
		}
		with := l.matchFDs(at, l.in.Offset())
		m, err := l.parser.Parse(frame)
		if err != nil {
			l.closeFDs(with.fds)
			return err
		}
		if err := l.handle(m, with); err != nil {
			return err
		}
	}
}

// handle handles one message, and the descriptors that came with it.
func (l *link) handle(m wire.Message, with fdBatch) error {
	if m, ok := m.(*wire.Offer); ok {
		return l.readOffer(m, with)
	}
	l.closeFDs(with.fds) // only an offer brings one
	switch m := m.(type) {
	case *wire.Commit:
		return l.readCommit(m)
	case *wire.Revoke:
		l.readRevoke(m)
		return nil
	case *wire.Ping:
		_ = l.pong(m) // a failure wakes this goroutine
		return nil
	case *wire.Pong:
		return nil
	case *wire.Bye:
		l.listener.log.Info("broker says bye", "reason", m.Reason, "detail", m.Detail)
		return io.EOF // nothing follows a bye
	}
	return errMessage
}

// readOffer takes an offer. If an Accept waits, this goroutine acknowledges the offer for
// it at once; otherwise the offer is queued, or rejected if the queue is full. Spec:
// ReadOffer.
func (l *link) readOffer(m *wire.Offer, with fdBatch) error {
	ln := l.listener
	ln.count(func(c *counts) { c.offers++ })
	if len(with.fds) == 0 {
		o := newOffer(l, m, -1)
		o.trace(OpReadOffer, nil)
		o.nackWithoutFD(with.truncated)
		return nil
	}
	l.closeFDs(with.fds[1:]) // surplus
	o := newOffer(l, m, with.fds[0])
	o.trace(OpReadOffer, nil)
	if m.Service != ln.service {
		o.closeCopy()
		o.nack(wire.ReasonIntegrityMismatch, errService)
		return nil
	}
	accept, reason, err := o.admit()
	switch {
	case err != nil:
		o.closeCopy()
		return err
	case reason != 0:
		o.closeCopy()
		o.nack(reason, nil)
	case accept != nil:
		o.trace(OpReserve, nil)
		accept <- o.sendAck()
	}
	return nil
}

// admit gives a new offer to an Accept that waits, which it returns, or queues it. It
// returns the reason if the offer must be rejected, and an error if the link must end.
func (o *offer) admit() (accept chan<- *offer, reason wire.Reason, err error) {
	l, ln := o.link, o.link.listener
	ln.mu.Lock()
	defer ln.mu.Unlock()
	if l.offers[o.correlation] != nil {
		return nil, 0, errRepeated
	}
	if wait := ln.accepts.popWaiter(); wait != nil {
		l.offers[o.correlation] = o
		o.advanceLocked(onAccept)
		return wait, 0, nil
	}
	switch {
	case ln.state == closed:
		return nil, wire.ReasonDraining, nil
	case ln.accepts.full(ln.o.Queue):
		return nil, wire.ReasonBusy, nil
	}
	l.offers[o.correlation] = o
	ln.accepts.pushOffer(o)
	return nil, 0, nil
}

// readCommit makes this backend the owner, if its ACK has not. Spec: ReadCommit.
func (l *link) readCommit(m *wire.Commit) error {
	o, do := l.decide(wire.Attempt(*m), onCommit)
	switch {
	case o == nil, do == doBreakLink:
		return errNeverAcked
	case do == doServe && o.own():
		l.listener.deliver(o)
	}
	return nil
}

// readRevoke closes the copy, and then says so. A revoke of an offer that the link does not
// know, or that this backend owns, gets no reply: the first was rejected, which told the
// broker already, and the connection of the second was shut down by the broker. Spec:
// ReadRevoke.
func (l *link) readRevoke(m *wire.Revoke) {
	if o, do := l.decide(wire.Attempt(*m), onRevoke); o != nil {
		o.answer(do)
	}
}

// decide advances the offer that a commit or a revoke names, and returns it with what to do
// next. It returns nil if the link knows no such offer.
//
// The offer advances before the step is traced. If it advanced after, the goroutine that
// writes the ACK could read the clock in between and serve inside its lease, though the
// revoke had been read. That goroutine waits for decisionTraced before it acts on what was
// read, so that its Own or CloseCopy is traced after its cause.
func (l *link) decide(id wire.Attempt, e event) (*offer, effect) {
	ln := l.listener
	ln.mu.Lock()
	o := l.find(id)
	do := doNothing
	if o != nil {
		switch {
		case o.phase == queued && e == onRevoke:
			ln.accepts.removeOffer(o)
		case o.phase.beingAcked():
			traced := make(chan struct{})
			o.decisionTraced = traced
			defer close(traced)
		}
		do = o.advanceLocked(e)
	}
	ln.mu.Unlock()
	l.traceDecision(o, e, do)
	return o, do
}

// traceDecision traces that a commit or a revoke was read. The offer is nil if the link
// does not know it.
func (l *link) traceDecision(o *offer, e event, do effect) {
	switch {
	case e == onRevoke && o == nil:
		l.trace(OpReadRevoke, nil, "of an unknown offer")
	case e == onRevoke:
		o.trace(OpReadRevoke, nil)
	case o == nil:
		l.trace(OpReadCommit, errNeverAcked, "")
	case do == doBreakLink:
		o.trace(OpReadCommit, errNeverAcked)
	default:
		o.trace(OpReadCommit, nil)
	}
}

// find returns the offer of that name, or nil. The caller holds listener.mu.
func (l *link) find(id wire.Attempt) *offer {
	o := l.offers[id.CorrelationID]
	if o == nil || !o.token.Equal(id.Token) {
		return nil
	}
	return o
}
