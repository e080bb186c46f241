package client

// phase is what a client knows about its connection. [phase.next] lists every change, and
// [Conn.enterLocked] is the only function that makes one.
//
//	undecided --ReadReady--> adopted
//	          --ReadReply, ReadFallback--> reconnecting --Reconnect--> replaying --Replayed--> reconnected
//	          |                                         --NotConnected, NoAddress--> failed
//	          --Doubt--> inDoubt
type phase uint8

const (
	undecided    phase = iota // neither ready nor fallback was read: the owner is not known
	adopted                   // ready was read: a backend owns the connection
	reconnecting              // nobody owned the connection: it is closed, and a new one is being made
	replaying                 // the new connection can be read; replayBuf is being written to it
	reconnected               // replayBuf was written, or writing it failed: see Conn.err
	inDoubt                   // the connection ended while it was undecided
	failed                    // nobody owned the connection, and there is no new one
)

// cause is what changes the phase. A cause that is traced has the name of its step.
type cause string

const (
	causeReady        = cause(OpReadReady)
	causeFallback     = cause(OpReadFallback)
	causeRefusal      = cause(OpReadReply) // the reply says that nothing is handed over
	causeDoubt        = cause(OpDoubt)
	causeReconnect    = cause(OpReconnect)
	causeNotConnected = cause("NotConnected") // Reconnect failed
	causeNoAddress    = cause("NoAddress")    // nobody named an address to reconnect to
	causeReplayed     = cause("Replayed")
)

// next returns the phase that a cause leads to, or p where the cause means nothing.
func (p phase) next(on cause) phase {
	switch {
	case p == undecided && on == causeReady:
		return adopted
	case p == undecided && (on == causeFallback || on == causeRefusal):
		return reconnecting
	case p == undecided && on == causeDoubt:
		return inDoubt
	case p == reconnecting && on == causeReconnect:
		return replaying
	case p == reconnecting && (on == causeNotConnected || on == causeNoAddress):
		return failed
	case p == replaying && on == causeReplayed:
		return reconnected
	}
	return p
}

// final reports whether no phase follows. Reads and writes need not wait any more: they go
// to the connection, or there is none and they return Conn.err.
func (p phase) final() bool {
	switch p {
	case adopted, reconnected, inDoubt, failed:
		return true
	}
	return false
}

// readable reports whether Read need not wait. It may read from a new connection before the
// replay is written: a server that answers before it has read all of a request would block
// in its write, and never read the rest, if nobody read the answer.
func (p phase) readable() bool { return p.final() || p == replaying }

// ownsConn reports whether Conn.conn is open, for Close to close.
func (p phase) ownsConn() bool { return p != reconnecting && p != inDoubt && p != failed }

// outcome is the phase as the user sees it.
func (p phase) outcome() Outcome {
	switch p {
	case adopted:
		return Adopted
	case replaying, reconnected:
		return Reconnected
	case inDoubt, failed:
		return Failed
	}
	return Pending
}

// enterLocked changes the phase. Reads and writes that wait for it go on only with release:
// between the two the step is traced, so that whatever the user does because of a step
// happens after Trace has returned from it.
func (c *Conn) enterLocked(on cause) {
	c.phase = c.phase.next(on)
	if c.phase != undecided && c.phase != reconnecting {
		c.replayBuf = nil
	}
	_ = c.applyDeadlinesLocked() // a broken connection fails the user's next read or write, too
}

// release lets reads and writes go on that the current phase need not hold back.
func (c *Conn) release() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.phase.readable() {
		closeOnce(c.readable)
	}
	if c.phase.final() {
		closeOnce(c.writable)
		c.readDeadline.stop() // nobody waits for these timers any more: the connection has its own
		c.writeDeadline.stop()
	}
}

// closeOnce closes a channel that is not closed yet. Conn.mu guards all its callers.
func closeOnce(ch chan struct{}) {
	if !isClosed(ch) {
		close(ch)
	}
}

func isClosed(ch <-chan struct{}) bool {
	select {
	case <-ch:
		return true
	default:
		return false
	}
}
