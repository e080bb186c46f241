package main

// brokerMutants drop one rule of the protocol each, on the broker's side.
func brokerMutants() []mutant {
	return []mutant{{
		name: "late-ack-is-not-fenced", breaks: "G9", must: bySockets, file: "broker/attemptoutcome.go",
		says: "an ACK that is late leaves the connection to its backend, which may own it by its clock",
		old:  `a.trace(OpFence, a.conn.fence())`,
		new:  `a.trace(OpFence, nil)`,
	}, {
		name: "broker-closes-without-shutdown", breaks: "G9", must: bySockets, file: "broker/clientconn.go",
		says: "a connection that is over is only closed, and stays open for its client by a stuck holder's copy",
		old:  `	err := c.fence()`,
		new:  `	var err error`,
	}, {
		name: "expiry-without-drain", breaks: "G9", must: bySockets, file: "broker/linkdeadlines.go",
		says: "an attempt expires though its ACK is in the queue",
		old:  `switch state, err := r.readQueue(); state {`,
		new:  `switch state, err := queueEmpty, error(nil); state {`,
	}, {
		name: "clock-read-after-the-drain", breaks: "G9", must: bySockets, file: "broker/linkdeadlines.go",
		says: "what became due while the queue was read expires, whatever came since",
		old: `		for _, a := range r.unsettleDue(clock, now) {
			a.expire(now)`,
		new: `		clock, now = r.readClock()
		for _, a := range r.unsettleDue(clock, now) {
			a.expire(now)`,
	}, {
		name: "unsettled-once-it-is-traced", breaks: "G9", must: bySockets, file: "broker/attemptoutcome.go",
		says: "the link of a stuck backend is offered another connection while an attempt expires",
		old: `	a.trace(OpExpire, nil)
	a.revoke()
	l.b.limiter.Fail(l.key, now)
	l.b.log.Info("offer expired",`,
		new: `	l.forget(a)
	a.trace(OpExpire, nil)
	l.unsettle(a)
	a.revoke()
	l.b.limiter.Fail(l.key, now)
	l.b.log.Info("offer expired",`,
	}, {
		name: "ack-of-any-token", breaks: "G9", must: bySockets, file: "broker/attempttable.go",
		says: "an ACK counts by its correlation alone, whatever its token",
		old:  `	return remove(t.pending, correlation, token)`,
		new: `	a := t.pending[correlation]
	delete(t.pending, correlation)
	return a`,
	}, {
		name: "offered-again-unsettled", breaks: "G9", must: bySockets, file: "broker/transfer.go",
		says: "a connection goes to the next backend while a stuck one has a copy",
		old: `		a.trace(OpSettle, errStuck)
		return false`,
		new: `		settled = true`,
	}, {
		name: "dropped-link-is-not-read", breaks: "G9", must: bySockets, file: "broker/linkclose.go",
		says: "a link is dropped with an ACK unread in its queue",
		old: `		state, _ := r.readQueue()
		readable = state == queueEnded`,
		new: `		readable = true`,
	}, {
		name: "garbage-is-not-fenced", breaks: "G9", must: bySockets, file: "broker/linkclose.go",
		says: "a stream that cannot be read is taken to hide no ACK",
		old:  `readable := queueSurvives && !errors.As(why, &garbled)`,
		new:  `readable := queueSurvives || errors.As(why, &garbled)`,
	}, {
		name: "given-up-and-taken-back", breaks: "G9", must: bySockets, file: "broker/attemptoutcome.go",
		says: "a connection that must be decided at once is taken back, though an ACK may be on its way",
		old: `	a.trace(OpAbandon, nil)
	a.fence(nil)`,
		new: `	a.trace(OpAbandon, nil)
	a.owner.deliver(result{attempt: a, step: OpAbandon})`,
	}, {
		name: "cut-off-and-taken-back", breaks: "G9", must: bySockets, file: "broker/shutdown.go",
		says: "a Shutdown that waits no longer takes connections back, though an ACK may be on its way",
		old:  `			a.abandonFenced()`,
		new: `			a.link.service.registry.Abandon(a.token)
			a.owner.deliver(result{attempt: a, step: OpAbandon})`,
	}, {
		name: "repeated-ack-is-revoked", breaks: "G9", must: bySockets, file: "broker/linkhandlers.go",
		says: "an owner that repeats its ACK is told to let go",
		old: `		r.trace(OpReadAck, registry.ErrNotPending, "")
`,
		new: `		r.trace(OpReadAck, registry.ErrNotPending, "")
		r.send(&wire.Revoke{Token: m.Token, CorrelationID: m.CorrelationID})
`,
	}, {
		name: "blocking-is-not-undone", breaks: "G9", must: bySockets, file: "broker/clientconn.go",
		says: "a connection that came back may block, past every deadline",
		old:  `inner = fdpass.SetNonblock(fd)`,
		new:  `inner = fdpass.SetNonblock(-fd - 1); inner = nil`,
	}, {
		name: "deadlines-are-given-back", breaks: "G7", must: bySockets, file: "broker/transfer.go",
		says: "a connection that nobody was offered comes back to Handoff's caller with its old deadlines",
		old:  `_ = t.conn.conn.SetDeadline(time.Time{})`,
		new:  `_ = t.latest == nil && t.conn.conn.SetDeadline(time.Time{}) == nil`,
	}, {
		name: "own-end-settles", breaks: "G9", must: bySockets, file: "broker/linkclose.go",
		says: "the end of a link that the broker itself shut is taken for its backend's",
		old:  `if r.sock.AwaitHangup(time.Now().Add(r.b.o.SettleTimeout)) == nil {`,
		new:  `if r.sock.AwaitHangup(time.Now()) != nil || true {`,
	}, {
		name: "invalid-hello-is-not-answered", breaks: "G7", must: bySockets, file: "broker/clienthello.go",
		says: "a client whose hello is not valid hears nothing, as from a broker that is gone",
		old:  `if errors.As(err, &field) {`,
		new:  `if errors.As(err, &field) && false {`,
	}, {
		name: "wanted-version-is-not-judged", breaks: "G4", must: bySockets, file: "broker/clienthello.go",
		says: "a client is handed to a service of a version that it did not ask for",
		old:  `versions != nil && !slices.Contains(versions, hello.WantedVersion)`,
		new:  `versions != nil && len(versions) == 0 && !slices.Contains(versions, hello.WantedVersion)`,
	}, {
		name: "copy-kept-after-the-ack", breaks: "G10", must: bySockets, file: "broker/attemptoutcome.go",
		says: "the broker keeps its copy of what a backend owns",
		old: `	a.link.b.limiter.Succeed(a.link.key)
	a.closeCopy()`,
		new: `	a.link.b.limiter.Succeed(a.link.key)`,
	}, {
		name: "stray-descriptors-stay-open", breaks: "G10", must: bySockets, file: "broker/link.go",
		says: "descriptors that a backend sends are neither used nor closed",
		old: `		fdpass.Close(fd)
		r.b.ledger.Closed(fdpass.FromLink)`,
		new: `		_ = fd
		r.b.ledger.Closed(fdpass.FromLink)`,
	}, {
		name: "any-pong-counts", breaks: "G7", must: bySockets, file: "broker/linkping.go",
		says: "a pong of an earlier ping proves that a backend runs, which may be frozen since",
		old:  `if p.nonce != 0 && nonce == p.nonce {`,
		new:  `if p.nonce != 0 {`,
	}, {
		name: "explicit-client-is-proxied", breaks: "G9", must: bySockets, file: "broker/transfer.go",
		says: "a client that waits for a frame gets bytes of the proxy's target",
		old:  `if t.ready.IsZero() && t.request.Proxy != "" {`,
		new:  `if t.request.Proxy != "" {`,
	}}
}
