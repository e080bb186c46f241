package wire

import (
	"strconv"

	"github.com/handoff-go/handoff/fallback"
)

// Reason is why a handoff was not done, as messages carry it. The numbers from 1 to 63 are those of
// [fallback.Reason]; the others are more specific than a broker's decision needs. The zero Reason
// means that no reason is given. Unknown numbers come from later versions.
type Reason int32

// The reasons.
const (
	ReasonClientUnsupported        Reason = 1
	ReasonServicePolicyDisabled    Reason = 2
	ReasonFDPressureDisabled       Reason = 3 // also: the backend is at its limit of open descriptors
	ReasonFailedAttemptRateLimited Reason = 4
	ReasonPermissionDenied         Reason = 5
	ReasonIntegrityMismatch        Reason = 6
	ReasonBackendAckTimeout        Reason = 7
	ReasonAdoptedBackend           Reason = 8
	ReasonBackendRejected          Reason = 9
	ReasonBackendGone              Reason = 10

	ReasonBusy                Reason = 64 // the backend's queue is full
	ReasonDraining            Reason = 65 // the backend accepts no more connections
	ReasonDescriptorMissing   Reason = 66 // the offer came without its descriptor
	ReasonDescriptorTruncated Reason = 67 // the kernel truncated the control message with the descriptor
)

// ReasonOf returns r as messages carry it.
func ReasonOf(r fallback.Reason) Reason { return Reason(r) }

// Fallback returns what r means for a broker's decision. It is never zero: even without a reason
// the handoff was not done.
func (r Reason) Fallback() fallback.Reason {
	switch {
	case ReasonClientUnsupported <= r && r <= ReasonBackendGone:
		return fallback.Reason(r)
	case r == ReasonDescriptorMissing, r == ReasonDescriptorTruncated:
		return fallback.IntegrityMismatch
	}
	return fallback.BackendRejected
}

// String returns the reason's name in lower case with hyphens, "none" for the zero
// Reason, or Reason(n) for an unknown number.
func (r Reason) String() string {
	switch r {
	case ReasonBusy:
		return "busy"
	case ReasonDraining:
		return "draining"
	case ReasonDescriptorMissing:
		return "descriptor-missing"
	case ReasonDescriptorTruncated:
		return "descriptor-truncated"
	}
	if 0 <= r && r <= ReasonBackendGone {
		return fallback.Reason(r).String()
	}
	return "Reason(" + strconv.Itoa(int(r)) + ")"
}
