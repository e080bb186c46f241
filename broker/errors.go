package broker

import (
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"

	"github.com/handoff-go/handoff/fallback"
)

// The answers of a broker that need no fields. Compare with errors.Is.
var (
	// ErrClosed answers every call after Shutdown began.
	ErrClosed = errors.New("broker: shut down")
	// ErrUnsettled answers Handoff of a connection that an earlier holder has not let
	// go: its copy would keep the connection open after the next owner died.
	ErrUnsettled = errors.New("broker: an earlier holder has not let go of the connection")
	// ErrMore is what a Route returns while it needs more of what the client sends.
	ErrMore = errors.New("broker: the route needs more bytes of the client")
	// ErrNoRoute is what a Route returns for a client that it does not know.
	ErrNoRoute = errors.New("broker: no route for this client")
)

// What goes wrong on a link or with a client, for logs and traces.
var (
	errCongested = errors.New("broker: the backend reads too slowly")
	errSilent    = errors.New("broker: the backend does not answer")
	errForbidden = errors.New("broker: this user may not serve this service")
	errLinks     = errors.New("broker: too many links")
	errVersion   = errors.New("broker: this version of the link is not spoken here")
	errHandshake = errors.New("broker: the backend broke the handshake")
	errMessage   = errors.New("broker: a backend does not send this message")
	errPartial   = errors.New("broker: an offer was partly written at its deadline")
	errFlooded   = errors.New("broker: the backend sends faster than can be read")
	errStuck     = errors.New("broker: a holder has not let go")
	errSlow      = errors.New("broker: the client's first bytes did not come in time")
	errReply     = errors.New("broker: the client takes no reply")
)

// UnsupportedError answers New, and a listener or a connection that cannot be handed
// over: clients reconnect.
type UnsupportedError struct {
	What string // what is not supported
}

// Error implements error.
func (e *UnsupportedError) Error() string { return "broker: " + e.What + " is not supported" }

// Unwrap returns errors.ErrUnsupported.
func (e *UnsupportedError) Unwrap() error { return errors.ErrUnsupported }

// Fallback returns what to do now: let the client reconnect, and tell it no error.
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

// timeout reports whether err is that of a deadline.
func timeout(err error) bool { return os.IsTimeout(err) }
