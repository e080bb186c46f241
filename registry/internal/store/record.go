package store

import "github.com/handoff-go/handoff/fsm"

// Record is a live token and, once registered, its handoff. They are one record:
// removing it is the revocation, so a handoff that has left while its token
// lives on cannot be represented. It holds no pointer, so that the garbage
// collector never scans a million of them.
type Record struct {
	Key      Key
	End      Instant // when the token ends; the deadline of the handoff once it is pending
	Since    Instant // when the handoff became pending
	backend  BackendID
	links    [2]links
	State    fsm.State // zero until a handoff is pending; changes only through Next
	Consumed bool      // a handoff is pending, and its token was presented
	inAck    bool      // in Store.ack rather than in Store.ttl
}

// Pending reports whether a handoff is pending on the token.
func (rec *Record) Pending() bool { return rec.State == fsm.Pending }
