package backend

import (
	"errors"
	"fmt"

	"github.com/handoff-go/handoff/fallback"
	"github.com/handoff-go/handoff/wire"
)

// ErrPrefaceLeft answers Detach of a connection whose first bytes, which the broker had
// read, were not all read: a descriptor cannot carry them.
var ErrPrefaceLeft = errors.New("backend: the first bytes of the connection are not read yet")

// What ends a link, for logs and traces.
var (
	errHandshake     = errors.New("backend: the broker broke the handshake")
	errMessage       = errors.New("backend: a broker does not send this message")
	errNeverAcked    = errors.New("backend: the broker committed what was never acknowledged")
	errLapsed        = errors.New("backend: nobody accepted the offer in time")
	errShortReady    = errors.New("backend: the client takes no ready")
	errRepeated      = errors.New("backend: the broker used a correlation id twice")
	errNoDescriptors = errors.New("backend: no descriptor is left")
	errService       = errors.New("backend: the offer is for another service")
	errClientEnded   = errors.New("backend: the connection cannot be adopted")
)

// RefusedError answers Listen when the broker does not want this backend.
type RefusedError struct {
	Reason wire.ByeReason // why
	Detail string         // in words
}

// Error implements error.
func (e *RefusedError) Error() string {
	return fmt.Sprintf("backend: refused by the broker: %v: %s", e.Reason, e.Detail)
}

// UnsupportedError answers Listen where the system cannot pass descriptors: clients
// reconnect.
type UnsupportedError struct {
	What string // what is not supported
}

// Error implements error.
func (e *UnsupportedError) Error() string { return "backend: " + e.What + " is not supported" }

// Unwrap returns errors.ErrUnsupported.
func (e *UnsupportedError) Unwrap() error { return errors.ErrUnsupported }

// Fallback returns what to do now: let the client reconnect, and tell it no error.
func (e *UnsupportedError) Fallback() fallback.Decision {
	return fallback.Decision{Reason: fallback.ServicePolicyDisabled}
}
