package main

// backendMutants drop one rule of the protocol each, on the backend's side.
func backendMutants() []mutant {
	return []mutant{{
		name: "clock-read-before-the-ack", breaks: "G9", must: bySockets, file: "backend/ack.go",
		says: "the lease is judged by a reading from before the ACK was written",
		old: `	err := o.link.write(&wire.Ack{Token: o.token, Accepted: true, CorrelationID: o.correlation})
	o.trace(OpSendAck, err)
	clock, clockErr := fdpass.Clock()
`,
		new: `	clock, clockErr := fdpass.Clock()
	err := o.link.write(&wire.Ack{Token: o.token, Accepted: true, CorrelationID: o.correlation})
	o.trace(OpSendAck, err)
`,
	}, {
		name: "owns-without-a-lease", breaks: "G9", must: bySockets, file: "backend/offer.go",
		says: "an ACK makes an owner on a link that has no lease, too",
		old:  `return o.link.lease && o.serveBy != 0 && uint64(clock) < o.serveBy`,
		new:  `return o.serveBy == 0 || uint64(clock) < o.serveBy`,
	}, {
		name: "serves-past-its-lease", breaks: "G9", must: bySockets, file: "backend/offer.go",
		says: "an ACK makes an owner however late it was written",
		old:  `o.serveBy != 0 && uint64(clock) < o.serveBy`,
		new:  `o.serveBy != 0 && clock > 0`,
	}, {
		name: "revoke-is-ignored", breaks: "G9", must: bySockets, file: "backend/ack.go",
		says: "a backend that reads a revoke keeps its copy, and says that it has none",
		old: `		o.closeCopy()
		o.sendReleased()
`,
		new: `		o.sendReleased()
`,
	}, {
		name: "released-before-it-is-closed", breaks: "G9", must: bySockets, file: "backend/ack.go",
		says: "released is sent while the copy is open",
		old: `		o.closeCopy()
		o.sendReleased()
`,
		new: `		o.sendReleased()
		o.closeCopy()
`,
	}, {
		name: "holder-shuts-the-connection-down", breaks: "G9", must: bySockets, file: "backend/offer.go",
		says: "who lets go ends the connection for whoever has it next",
		old: `	o.link.listener.closeFD(o.fd)
	o.fd = -1
`,
		new: `	_ = fdpass.ShutdownBoth(o.fd)
	o.link.listener.closeFD(o.fd)
	o.fd = -1
`,
	}, {
		name: "end-of-the-link-takes-a-commit-back", breaks: "G9", must: bySockets, file: "backend/offerstate.go",
		says: "a commit is forgotten when its link ends before the ACK is done",
		old:  `if p == acking { // else`,
		new:  `if p >= acking { // else`,
	}, {
		name: "revoke-counts-once-it-is-traced", breaks: "G9", must: bySockets, file: "backend/handlers.go",
		says: "a backend that has read a revoke may still read its clock and serve",
		old: `		do = o.advanceLocked(e)
	}
	ln.mu.Unlock()
	l.traceDecision(o, e, do)
`,
		new: `		_, do = o.phase.next(e)
	}
	ln.mu.Unlock()
	l.traceDecision(o, e, do)
	if o != nil {
		ln.mu.Lock()
		do = o.advanceLocked(e)
		ln.mu.Unlock()
	}
`,
	}, {
		name: "decision-acted-on-before-its-trace", breaks: "trace", must: bySockets, file: "backend/offerstate.go",
		says: "the goroutine that writes an ACK acts on a commit or a revoke whose reading is not traced",
		old:  `	if traced != nil {`,
		new:  `	if traced != nil && false {`,
	}, {
		name: "commit-of-what-was-never-acked", breaks: "G9", must: bySockets, file: "backend/offerstate.go",
		says:  "a commit for an offer that waits in the queue is let pass",
		hangs: true,
		old:   `return queued, doBreakLink`,
		new:   `return queued, doNothing`,
	}, {
		name: "queue-unread-at-the-end", breaks: "G9", must: bySockets, file: "backend/reader.go",
		says: "a commit that is unread when the link fails does not count",
		old: `	if err != io.EOF {
		l.readRest()
	}`,
		new: ``,
	}, {
		name: "surplus-descriptors-stay-open", breaks: "G10", must: bySockets, file: "backend/handlers.go",
		says: "of several descriptors with one offer only the first is seen to",
		old: `	l.closeFDs(with.fds[1:]) // surplus
`,
		new: ``,
	}, {
		name: "adopted-is-not-counted", breaks: "G10", must: bySockets, file: "backend/serve.go",
		says: "a connection that is handed to Accept stays in the books of the link",
		old: `	ln.ledger.Adopted(fdpass.FromLink)
`,
		new: ``,
	}, {
		name: "preface-is-passed-by", breaks: "G9", must: bySockets, file: "internal/ownedconn/conn.go",
		says: "a copy to a file takes bytes from the socket before those that were read already",
		old:  `return struct{ syscall.RawConn }{raw}, nil`,
		new:  `return raw, nil`,
	}, {
		name: "ledger-counts-a-close-twice", breaks: "G10", must: bySockets, file: "internal/fdpass/ledger.go",
		says: "what is closed is taken off the open ones twice",
		old:  `Stats{Closed: 1, Open: -1}`,
		new:  `Stats{Closed: 1, Open: -2}`,
	}, {
		name: "half-offer-outlives-its-link", breaks: "G10", must: bySockets, file: "backend/reader.go",
		says: "the copy that came with an offer which never became whole stays open when the link ends",
		old: `	l.closeFDs(l.unmatchedFDs())
`,
		new: ``,
	}, {
		name: "link-adopted-after-close", breaks: "G10", must: bySockets, file: "backend/redial.go",
		says: "a link whose handshake ends after Close is adopted, and nobody ends it",
		old:  `if ln.state != serving {`,
		new:  `if false {`,
	}}
}
