package wire

import (
	"strconv"

	"github.com/handoff-go/handoff/fallback"
)

// Reason is why a handoff was not done, as it travels. Numbers from 1 to 63 are those
// of [fallback.Reason]; the others say more than a broker decides by. The zero Reason
// says nothing. Any other number is one that a later version knows.
type Reason int32

// The reasons.
const (
	ReasonClientUnsupported        Reason = 1
	ReasonServicePolicyDisabled    Reason = 2
	ReasonFDPressureDisabled       Reason = 3 // a backend that has no descriptor left answers this
	ReasonFailedAttemptRateLimited Reason = 4
	ReasonPermissionDenied         Reason = 5
	ReasonIntegrityMismatch        Reason = 6
	ReasonBackendAckTimeout        Reason = 7
	ReasonAdoptedBackend           Reason = 8
	ReasonBackendRejected          Reason = 9
	ReasonBackendGone              Reason = 10

	ReasonBusy                Reason = 64 // the backend's queue is full
	ReasonDraining            Reason = 65 // the backend takes no more
	ReasonDescriptorMissing   Reason = 66 // the offer came without its descriptor
	ReasonDescriptorTruncated Reason = 67 // the kernel cut the descriptor off
)

// ReasonOf returns the Reason that travels for r.
func ReasonOf(r fallback.Reason) Reason { return Reason(r) }

// Fallback returns what r means to a broker that decides: never zero, because whoever
// gives a reason, or none, has not done the handoff.
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
// Reason, or Reason(n) for a number that is not known here.
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
