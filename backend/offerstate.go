package backend

// phase is where an offer stands, from the reading of it until its link has no more to say
// about it. Listener.mu guards it, and only advanceLocked changes it.
//
// Until this backend owns the connection it holds a copy of it, no more: it does not read
// or write the connection, changes no option and no flag of it (all copies share them), and
// ends its copy by close, never by shutdown. See closeCopy.
type phase uint8

const (
	queued       phase = iota + 1 // it waits for an Accept, without an ACK
	acking                        // an Accept has it, and its ACK is being written
	ackCommitted                  // as acking, and a commit was read
	ackRevoked                    // as acking, and a revoke was read
	ackUnlinked                   // as acking, and the link has ended
	uncertain                     // the ACK was sent, and the broker decides who owns
	owned                         // this backend owns, and the commit is to come
	done                          // the link has forgotten it
)

// event is what happens to an offer. Each is an action of HandoffProtocol.tla.
type event uint8

const (
	onAccept     event = iota + 1 // SendAck: an Accept takes it
	onAckInLease                  // BackendReadClock: the clock, read after the ACK, is inside the lease
	onAckInDoubt                  // BackendReadClock: it is not, or the ACK was not written whole
	onExpiry                      // Refuse: an Accept found that its lease has ended, and its copy is closed
	onCommit                      // ReadCommit
	onRevoke                      // ReadRevoke
	onLinkEnd                     // BackendLinkEnd
)

// effect is what the goroutine that advanced an offer does next, outside the lock.
type effect uint8

const (
	doNothing      effect = iota
	doSendAck             // SendAck, then BackendReadClock
	doServe               // Serve: this backend owns the connection
	doRelease             // BackendCloseCopy, then SendReleased
	doSendReleased        // SendReleased: the copy is closed already
	doSendNack            // SendNack: the copy is closed already
	doCloseCopy           // BackendCloseCopy: the link's end tells the broker
	doBreakLink           // BackendLinkEnd: the broker broke the protocol
)

// next is the life of an offer: what an event makes of it, and what must be done then. An
// event that is not listed for a phase cannot happen in it, and changes nothing.
func (p phase) next(e event) (phase, effect) {
	switch p {
	case queued:
		switch e {
		case onAccept:
			return acking, doSendAck
		case onCommit: // for what was never acknowledged: the link's end closes the copy
			return queued, doBreakLink
		case onRevoke:
			return done, doRelease
		case onLinkEnd:
			return done, doCloseCopy
		}
	case uncertain:
		switch e {
		case onCommit:
			return done, doServe
		case onRevoke:
			return done, doRelease
		case onLinkEnd: // no commit came: another backend may be offered the connection
			return done, doCloseCopy
		}
	case owned:
		switch e {
		case onCommit, onLinkEnd:
			return done, doNothing
		case onRevoke: // the broker shut the connection down, which its server will read
			return done, doNothing
		}
	case acking, ackCommitted, ackRevoked, ackUnlinked:
		return p.nextWhileAcking(e)
	}
	return p, doNothing
}

// nextWhileAcking is next for an offer that belongs to the goroutine that writes its ACK.
// What the reader of the link learns meanwhile is kept in the phase, and that goroutine
// acts on it once the ACK is written. If the reader acted on it, it would close a
// descriptor that the other goroutine is about to serve, and whose number may be another
// connection's by then.
func (p phase) nextWhileAcking(e event) (phase, effect) {
	switch e {
	case onAckInLease:
		switch p {
		case acking:
			return owned, doServe
		case ackCommitted:
			return done, doServe
		case ackUnlinked: // the broker reads the ACK before the link's end
			return done, doServe
		case ackRevoked: // the broker shut the connection down, or proved that the lease had ended
			return done, doRelease
		}
	case onAckInDoubt:
		switch p {
		case acking:
			return uncertain, doNothing
		case ackCommitted:
			return done, doServe
		case ackUnlinked:
			return done, doCloseCopy
		case ackRevoked:
			return done, doRelease
		}
	case onExpiry:
		switch p {
		case acking:
			return done, doSendNack
		case ackRevoked: // one answer is enough
			return done, doSendReleased
		default: // the link has ended, or is a broker's that commits what was never acknowledged
			return done, doNothing
		}
	case onCommit:
		return ackCommitted, doNothing
	case onRevoke:
		return ackRevoked, doNothing
	case onLinkEnd:
		if p == acking { // else the broker's word counts, though its link has ended
			return ackUnlinked, doNothing
		}
	}
	return p, doNothing
}

// beingAcked reports whether the offer belongs to the goroutine that writes its ACK.
func (p phase) beingAcked() bool { return acking <= p && p <= ackUnlinked }

// advanceLocked moves the offer by an event and counts what becomes of it. It returns what
// the caller must do next, outside the lock.
func (o *offer) advanceLocked(e event) effect {
	var do effect
	o.phase, do = o.phase.next(e)
	if o.phase == done {
		delete(o.link.offers, o.correlation)
	}
	counts := &o.link.listener.counts
	if e == onRevoke {
		counts.revoked++
	}
	switch do {
	case doServe:
		counts.owned++
	case doCloseCopy:
		counts.lost++
	}
	return do
}

// finishAck is advanceLocked for the goroutine that writes the ACK, or rejects instead. A
// commit or a revoke that was read meanwhile is traced when it returns.
func (o *offer) finishAck(e event) effect {
	ln := o.link.listener
	ln.mu.Lock()
	do, traced := o.advanceLocked(e), o.decisionTraced
	ln.mu.Unlock()
	if traced != nil {
		<-traced
	}
	return do
}
