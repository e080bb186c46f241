package client

import (
	"errors"
	"fmt"

	"github.com/handoff-go/handoff/fallback"
	"github.com/handoff-go/handoff/internal/option"
	"github.com/handoff-go/handoff/wire"
)

// Causes of an [*InDoubtError], which wraps them. Other causes are io.ErrUnexpectedEOF, the
// errors of the connection, and those of package wire.
var (
	// ErrSilent: no frame came in the whole time that the broker asked for.
	ErrSilent = errors.New("client: no reply, ready or fallback came in time")
	// ErrToken: ready carries a token other than the one in the reply.
	ErrToken = errors.New("client: ready carries the token of another connection")
	// ErrNotReady: the frame is ready, and its field accepted is false.
	ErrNotReady = errors.New("client: ready says that the connection is not accepted")
	// ErrReply: the reply carries the frame ID of another hello.
	ErrReply = errors.New("client: the reply answers another hello")
)

// InDoubtError says that the connection ended, or that no frame came, before the client knew
// who owned it. A backend may have read and executed what was written. Every later call on
// the connection returns the same error.
type InDoubtError struct {
	// Written is an upper bound of the bytes that a backend may have read. Zero: none, so
	// dialling again cannot repeat a request.
	Written int
	// Replied says that the broker had replied, so that a handoff was under way.
	Replied bool
	// Err is what ended the wait.
	Err error

	silent bool // not a byte of a reply to the hello came
}

// Error implements error.
func (e *InDoubtError) Error() string {
	if e.silent && e.Written == 0 {
		return fmt.Sprintf("client: the broker sent no reply to the hello: %v", e.Err)
	}
	if e.silent {
		return fmt.Sprintf("client: the broker sent no reply to the hello (a backend may have read %d bytes): %v", e.Written, e.Err)
	}
	return fmt.Sprintf("client: in doubt who owned the connection (a backend may have read %d bytes): %v", e.Written, e.Err)
}

// Unwrap returns Err.
func (e *InDoubtError) Unwrap() error { return e.Err }

// RefusedError says that the broker did not hand the connection over, and that neither it
// nor Dialer.Reconnect names an address to connect to instead. Nobody has read what was
// written.
type RefusedError struct {
	Code     wire.RefusedCode  // the broker's code, if it refused the hello; else zero
	Detail   string            // the broker's text for people; may be empty
	Decision fallback.Decision // why, and when to try again; never zero
}

// Error implements error.
func (e *RefusedError) Error() string {
	text := "client: not handed over, and no address to reconnect to: " + e.Decision.Reason.String()
	if e.Code != 0 {
		text += ", " + e.Code.String()
	}
	if e.Detail != "" {
		text += ": " + e.Detail
	}
	return text
}

// Fallback returns why there was no handoff: the caller connects in another way, and need
// not report an error.
func (e *RefusedError) Fallback() fallback.Decision { return e.Decision }

// ReconnectError says that the broker did not hand the connection over, and that connecting
// to another address, or the replay there, failed.
type ReconnectError struct {
	Address  string            // the address
	Replayed int               // bytes that were replayed there; zero: nobody has read any
	Decision fallback.Decision // why there was no handoff; never zero
	Err      error             // why connecting or the replay failed
}

// Error implements error.
func (e *ReconnectError) Error() string {
	return fmt.Sprintf("client: reconnect to %s (%d bytes replayed): %v", e.Address, e.Replayed, e.Err)
}

// Unwrap returns Err.
func (e *ReconnectError) Unwrap() error { return e.Err }

// Fallback returns why there was no handoff.
func (e *ReconnectError) Fallback() fallback.Decision { return e.Decision }

// OptionError is what DialContext returns for a Dialer field with an invalid value.
type OptionError struct {
	Option  string // the field
	Problem string // what is wrong with its value
}

// Error implements error.
func (e *OptionError) Error() string { return option.Error(*e).Message("client") }

// decisionOf returns the decision that a broker's refusal stands for.
func decisionOf(m *wire.Refused) fallback.Decision {
	d := fallback.Decision{Reason: fallback.ServicePolicyDisabled, RetryAfter: m.RetryAfter}
	switch m.Code {
	case wire.RefusedFDPressure:
		d.Reason = fallback.FDPressureDisabled
	case wire.RefusedRateLimited:
		d.Reason = fallback.FailedAttemptRateLimited
	case wire.RefusedPeerRejected:
		d.Reason = fallback.PermissionDenied
	case wire.RefusedVersionUnsupported, wire.RefusedVersionBlocked:
		d.Reason = fallback.ClientUnsupported
	case wire.RefusedBackendSpawnFailed:
		d.Reason = fallback.BackendGone
	}
	return d
}
