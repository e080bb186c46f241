package registry

import (
	"fmt"
	"time"

	"github.com/handoff-go/handoff/fallback"
	"github.com/handoff-go/handoff/fsm"
)

// Backend is the process that is expected to acknowledge a handoff. The zero Backend
// is valid and names none. Backends are plain values: copy and compare them freely.
type Backend struct {
	Service string // the name it is known by
	PID     int    // 0: only the service is known
}

// String returns the service, with the process id where it is known.
func (b Backend) String() string {
	if b.PID == 0 {
		return fmt.Sprintf("backend %q", b.Service)
	}
	return fmt.Sprintf("backend %q (pid %d)", b.Service, b.PID)
}

// Acknowledged is a handoff that its backend acknowledged in time.
type Acknowledged struct {
	Token   Token
	Backend Backend
	Waited  time.Duration // from Register to the ACK, >= 0
}

// Expired is a handoff whose backend did not acknowledge in time.
type Expired struct {
	Token    Token
	Backend  Backend
	Deadline time.Time // the instant that was reached
}

// Fallback returns what to do now: the client reconnects, without an error. The
// reason is [fallback.BackendAckTimeout].
func (Expired) Fallback() fallback.Decision {
	return fallback.Decision{Reason: fallback.BackendAckTimeout}
}

// Abandoned is a handoff that Close ended while it was pending.
type Abandoned struct {
	Token   Token
	Backend Backend
}

// Exit reports that one handoff left the registry, and how. Each registered handoff
// has exactly one.
type Exit struct {
	Token   Token
	Backend Backend
	State   fsm.State     // Acknowledged, Expired or Abandoned
	Waited  time.Duration // from Register, >= 0; zero for abandoned, since Abandon and Close take no now
}

// Stats counts what a registry has done. In every value ever returned
//
//	Registered = Pending + Acknowledged + Expired + Abandoned
//	Issued     = Tokens + Revoked
type Stats struct {
	Issued       uint64 // tokens that became live
	Revoked      uint64 // tokens that ended, for whatever reason
	Registered   uint64 // handoffs that became pending
	Acknowledged uint64 // handoffs that left acknowledged
	Expired      uint64 // handoffs that left expired
	Abandoned    uint64 // handoffs that left abandoned
	Pending      int    // handoffs pending now
	Tokens       int    // tokens live now, pending or not
}

// The steps of a registry, as [Event].Op names them. A step has the same name
// in the specification, in the model and here.
const (
	OpIssue       = "Issue"
	OpRegister    = "Register"
	OpBegin       = "Begin"
	OpConsume     = "Consume"
	OpAcknowledge = "Acknowledge"
	OpAbandon     = "Abandon" // by Abandon, or by Close for a pending handoff
	OpExpire      = "Expire"  // by Expire, or by ExpireOverdue
	OpDrop        = "Drop"    // an issued token ends unregistered: past its end, or by Close
	OpSweep       = "Sweep"   // the last step of ExpireOverdue: no end is reached any more
	OpClose       = "Close"
)

// Event is one step of a registry: one that took effect, or one that was refused. A
// call is one step, except that ExpireOverdue, Close, and an Issue or Begin that
// makes room are several: one for each record.
type Event struct {
	Seq uint64 // the order of effect, from 1, without gaps
	Op  string // one of the Op constants
	// Ref names the token without revealing it, as [Registry.Ref] does. 0: the step
	// is about no token, or the zero one.
	Ref       uint64
	Presented uint64    // Consume: the token presented, named as by Ref
	Backend   Backend   // of the handoff that the step is about
	Now       time.Time // the instant handed in; zero where the step takes none
	End       time.Time // when the record ends or would have ended; zero: no record, or never
	State     fsm.State // the state that a handoff entered in this step; 0: none did
	Err       error     // what the call returns, or why it did nothing; nil: success
}
