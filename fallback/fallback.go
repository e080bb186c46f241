// Package fallback says why a handoff was not done, and when to try again.
//
// The client gets the same answer for every reason: it reconnects transparently,
// without an error. The reason is for the broker: for its metrics, its logs, and
// its choice of the backend to offer the next connection to.
//
// [Limiter] is a rate limit for each backend: after too many failures within a
// window, a backend is offered nothing until the window ends.
package fallback

import (
	"strconv"
	"time"
)

// Reason is why a handoff was not done. The zero Reason means that there is none:
// the handoff may go ahead. Reasons are plain values: copy and compare them freely,
// from any goroutine.
type Reason uint8

// The reasons. docs/reference.md fixes the first eight and their order. The first four and
// AdoptedBackend are found before a handoff is tried, the others by the attempt.
const (
	ClientUnsupported        Reason = iota + 1 // the client does not support handoff
	ServicePolicyDisabled                      // the service has handoff switched off
	FDPressureDisabled                         // the process is short of file descriptors, or too many are in flight
	FailedAttemptRateLimited                   // the backend failed too often recently, see Limiter
	PermissionDenied                           // the operating system refused to pass the descriptor
	IntegrityMismatch                          // the peer is of another trust domain, or its token is not the offer's
	BackendAckTimeout                          // the backend did not acknowledge before the deadline
	AdoptedBackend                             // the backend was started by an earlier broker, so this one cannot pass descriptors to it
	BackendRejected                            // the backend rejected the offer
	BackendGone                                // the backend exited or disconnected before it answered
)

// String returns the reason's name in lower case with hyphens, "none" for the
// zero Reason, or Reason(n) for a value that is not a reason.
func (r Reason) String() string {
	switch r {
	case 0:
		return "none"
	case ClientUnsupported:
		return "client-unsupported"
	case ServicePolicyDisabled:
		return "service-policy-disabled"
	case FDPressureDisabled:
		return "fd-pressure-disabled"
	case FailedAttemptRateLimited:
		return "failed-attempt-rate-limited"
	case PermissionDenied:
		return "permission-denied"
	case IntegrityMismatch:
		return "integrity-mismatch"
	case BackendAckTimeout:
		return "backend-ack-timeout"
	case AdoptedBackend:
		return "adopted-backend"
	case BackendRejected:
		return "backend-rejected"
	case BackendGone:
		return "backend-gone"
	}
	return "Reason(" + strconv.Itoa(int(r)) + ")"
}

// Decision is what to do about a handoff. The zero Decision means go ahead; any
// other means that the client reconnects, without an error. Decisions are plain
// values: copy and compare them freely, from any goroutine.
type Decision struct {
	Reason     Reason        // why not; zero: go ahead
	RetryAfter time.Duration // when to try again; zero: not known, the next handoff may be tried at once
}

// String describes the decision for a log: "go ahead", or "reconnect" with the
// reason and, where one is known, the wait.
func (d Decision) String() string {
	if d.Reason == 0 {
		return "go ahead"
	}
	text := "reconnect: " + d.Reason.String()
	if d.RetryAfter != 0 {
		text += ", retry after " + d.RetryAfter.String()
	}
	return text
}
