package backend

import (
	"errors"
	"fmt"

	"github.com/handoff-go/handoff/fallback"
	"github.com/handoff-go/handoff/wire"
)

// ErrPrefaceLeft is returned by Detach while some of the preface is unread: those are the
// client's first bytes, which the broker read from the connection and sent with the offer. A
// descriptor does not carry them.
var ErrPrefaceLeft = errors.New("backend: detach: the connection's preface is not read to its end")

// Why a link ended, or an offer was rejected, for logs and traces.
var (
	errHandshake     = errors.New("unexpected message, or a version that is not supported")
	errMessage       = errors.New("backend: a message that a broker does not send")
	errNeverAcked    = errors.New("backend: commit for an offer that was never acknowledged")
	errExpired       = errors.New("backend: the lease ended before an Accept took the offer")
	errShortReady    = errors.New("backend: ready could not be written whole to the client")
	errRepeated      = errors.New("backend: offer with the correlation id of another one")
	errNoDescriptors = errors.New("backend: no file descriptor is left to receive the connection")
	errService       = errors.New("backend: offer for another service")
	errNotAdopted    = errors.New("backend: the descriptor cannot be made a connection")
)

// RefusedError is returned by Listen when the broker refuses this backend.
type RefusedError struct {
	Reason wire.ByeReason // of the broker's bye
	Detail string         // of the broker's bye, in words; may be empty
}

// Error implements error.
func (e *RefusedError) Error() string {
	return fmt.Sprintf("refused: %v: %s", e.Reason, e.Detail)
}

// UnsupportedError is returned by Listen on a system that cannot pass descriptors. Clients
// reconnect there.
type UnsupportedError struct {
	What string // what is not supported
}

// Error implements error.
func (e *UnsupportedError) Error() string { return "backend: " + e.What + " is not supported" }

// Unwrap returns errors.ErrUnsupported.
func (e *UnsupportedError) Unwrap() error { return errors.ErrUnsupported }

// Fallback returns the decision to let the client reconnect, without an error.
func (e *UnsupportedError) Fallback() fallback.Decision {
	return fallback.Decision{Reason: fallback.ServicePolicyDisabled}
}
