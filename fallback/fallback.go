// Package fallback says why a handoff was not done, and when to try again.
//
// Whatever the reason, the answer to the client is the same: it reconnects, and
// is told no error. The reason is for the broker's own eyes: its counters, its
// logs, and the backends that it offers the next connection to.
//
// [Limiter] spares a backend that keeps failing: after too many failures within
// a window it is offered nothing more until the window is over.
package fallback

import (
	"strconv"
	"time"
)

// Reason is why a handoff was not done. The zero Reason is no reason: nothing
// stands in the way. Reasons are plain values: copy and compare them freely.
type Reason uint8

// The reasons. docs/reference.md fixes the first eight and their order. The first four and
// AdoptedBackend are found before a handoff is tried, the others by trying.
const (
	ClientUnsupported        Reason = iota + 1 // the client did not say that it can be handed over
	ServicePolicyDisabled                      // the service has handoff switched off
	FDPressureDisabled                         // too few file descriptors are left, or too many are in flight
	FailedAttemptRateLimited                   // the backend failed too often of late, see Limiter
	PermissionDenied                           // the operating system refused to pass the descriptor
	IntegrityMismatch                          // the two do not trust each other enough: another domain, or a token that is not this offer's
	BackendAckTimeout                          // the backend did not acknowledge before the deadline
	AdoptedBackend                             // the backend was there before this broker, which cannot pass descriptors to it
	BackendRejected                            // the backend said no
	BackendGone                                // the backend went away before it answered
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
// other means that the client reconnects and is told no error. Decisions are
// plain values: copy and compare them freely.
type Decision struct {
	Reason     Reason        // why not; zero: go ahead
	RetryAfter time.Duration // how long the reason will hold; zero: not known, the next handoff may be tried at once
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
