package broker

import (
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"

	"github.com/handoff-go/handoff/fallback"
)

// Errors without fields, to be compared by errors.Is.
var (
	// ErrClosed answers every call after Shutdown began.
	ErrClosed = errors.New("broker: shut down")
	// ErrUnsettled answers Handoff of a connection of which an earlier holder may have a
	// copy: it would keep the connection open after the next owner died.
	ErrUnsettled = errors.New("broker: offer a connection again: an earlier holder has not closed its copy")
	// ErrMore is what a Route returns while it needs more of what the client sends.
	ErrMore = errors.New("broker: the route needs more bytes of the client")
	// ErrNoRoute is what a Route returns for a client that it does not know.
	ErrNoRoute = errors.New("broker: no route for this client")
)

// Why a link is dropped, an offer is not sent or a client is disconnected, for logs and traces.
var (
	errCongested = errors.New("broker: write to a backend: it reads too slowly")
	errSilent    = errors.New("broker: ping a backend: no pong in time")
	errForbidden = errors.New("broker: the backend's user may not serve this service")
	errLinks     = errors.New("broker: too many links")
	errVersion   = errors.New("broker: handshake: the backend's version of the protocol is not supported")
	errHandshake = errors.New("broker: handshake: unexpected message of the backend")
	errMessage   = errors.New("broker: read a link: message that a backend must not send")
	errPartial   = errors.New("broker: write an offer: only partly written at its deadline")
	errFlooded   = errors.New("broker: read a link: the backend sends faster than can be read")
	errStuck     = errors.New("broker: a holder has not closed its copy in time")
	errSlow      = errors.New("broker: read a client: its first bytes did not come in time")
	errWaiting   = errors.New("broker: accept a client: too many have not sent their first bytes")
	errReply     = errors.New("broker: write to a client: no room for the whole message")
)

// garbledError says that a stream cannot be read any further. Whether an ACK is hidden in the rest
// cannot be known.
type garbledError struct{ err error }

func (e *garbledError) Error() string {
	return "broker: the backend's stream cannot be read: " + e.err.Error()
}
func (e *garbledError) Unwrap() error { return e.err }

// UnsupportedError is the error of New on a system that cannot pass descriptors, and of a listener
// or connection whose type cannot be handed over. Clients should reconnect.
type UnsupportedError struct {
	What string // what is not supported
}

// Error implements error.
func (e *UnsupportedError) Error() string { return "broker: " + e.What + " is not supported" }

// Unwrap returns errors.ErrUnsupported.
func (e *UnsupportedError) Unwrap() error { return errors.ErrUnsupported }

// Fallback returns the decision to let the client reconnect, without an error.
func (e *UnsupportedError) Fallback() fallback.Decision {
	return fallback.Decision{Reason: fallback.ServicePolicyDisabled}
}

func unsupported(conn net.Conn) *UnsupportedError {
	return &UnsupportedError{What: fmt.Sprintf("handing over a %T", conn)}
}

// isBrokenPipe reports whether a failed send says that the peer reads no more.
func isBrokenPipe(err error) bool {
	return errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET)
}

// timeout reports whether err says that a deadline passed.
func timeout(err error) bool { return os.IsTimeout(err) }
