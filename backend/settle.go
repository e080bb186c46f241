package backend

import "github.com/handoff-go/handoff/wire"

// readCommit makes the backend the owner, if it was not. Spec: ReadCommit.
func (l *link) readCommit(m *wire.Commit) error {
	ln := l.listener
	ln.mu.Lock()
	o := l.find(wire.Attempt(*m))
	if o == nil {
		ln.mu.Unlock()
		l.trace(OpReadCommit, errNeverAcked, "")
		return errNeverAcked
	}
	was := o.phase
	switch was {
	case acking:
		o.verdict = committed
	case uncertain:
		o.phase = owned
		delete(l.offers, o.correlation)
	case owned:
		delete(l.offers, o.correlation)
	}
	ln.mu.Unlock()
	if was == queued {
		o.trace(OpReadCommit, errNeverAcked)
		return errNeverAcked // the end of the link closes it
	}
	o.trace(OpReadCommit, nil)
	if was == uncertain && o.own() {
		ln.deliver(o)
	}
	return nil
}

// readRevoke lets go, and then says so. What is not held, or is owned, is not let go:
// nothing is said of it. A rejection that crossed the revoke has told the broker already.
// Spec: ReadRevoke, CloseCopy, SendReleased.
func (l *link) readRevoke(m *wire.Revoke) error {
	ln := l.listener
	ln.mu.Lock()
	o := l.find(wire.Attempt(*m))
	var was phase
	if o != nil {
		switch was = o.phase; was {
		case acking:
			o.verdict = revoked
		case queued:
			ln.unqueueLocked(o)
			delete(l.offers, o.correlation)
		default:
			delete(l.offers, o.correlation)
		}
		ln.counts.revoked++
	}
	ln.mu.Unlock()
	if o == nil {
		l.trace(OpReadRevoke, nil, "of nothing that is held")
		return nil
	}
	o.trace(OpReadRevoke, nil)
	switch was {
	case queued, uncertain:
		o.closeCopy()
		o.release()
	case owned:
		// The broker has ended the connection: its server sees that, and closes it.
	}
	return nil
}

// release tells the broker that nothing is held. Spec: SendReleased.
func (o *offer) release() {
	released := wire.Released(o.name())
	err := o.link.write(&released) // a failure wakes the reader
	o.trace(OpSendReleased, err)
}

// find returns the offer of that name, nil if there is none. The caller holds
// listener.mu.
func (l *link) find(a wire.Attempt) *offer {
	o := l.offers[a.CorrelationID]
	if o == nil || !o.token.Equal(a.Token) {
		return nil
	}
	return o
}

func (ln *Listener) unqueueLocked(gone *offer) {
	for i, o := range ln.queue {
		if o == gone {
			ln.queue = append(ln.queue[:i], ln.queue[i+1:]...)
			return
		}
	}
}
