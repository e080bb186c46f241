package client

import (
	"errors"
	"fmt"

	"github.com/handoff-go/handoff/fallback"
	"github.com/handoff-go/handoff/wire"
)

// Why there is doubt, each within a [*InDoubtError]. Others are io.ErrUnexpectedEOF, an
// error of the connection, and those of package wire.
var (
	// ErrSilent: nothing came in all the time that the broker had asked for.
	ErrSilent = errors.New("client: neither ready nor fallback came in time")
	// ErrToken: ready came for another connection than this one.
	ErrToken = errors.New("client: ready has another connection's token")
	// ErrNotReady: ready came, and said that it was not.
	ErrNotReady = errors.New("client: ready is not accepted")
	// ErrReply: the broker answered another hello than ours.
	ErrReply = errors.New("client: the reply is to another hello")
)

// InDoubtError says that the connection ended, or nothing came, before it was known who
// owned it. A backend may have read what was written, and acted on it. Every later call
// on the connection returns the same error.
type InDoubtError struct {
	// Written is how many bytes the user had written, at most, which a backend may have
	// read. Zero: none, so to dial again can repeat nothing.
	Written int
	// Replied says that the broker had replied: a handoff was under way.
	Replied bool
	// Err is what ended the wait.
	Err error
}

// Error implements error.
func (e *InDoubtError) Error() string {
	return fmt.Sprintf("client: not known who owned the connection, %d bytes may have been read: %v", e.Written, e.Err)
}

// Unwrap returns Err.
func (e *InDoubtError) Unwrap() error { return e.Err }

// RefusedError says that the broker does not hand the connection over, and that it is
// not known where to connect instead. Nobody has read what was written.
type RefusedError struct {
	Code     wire.RefusedCode  // why, if the broker refused the hello; else zero
	Detail   string            // words, from the broker; may be empty
	Decision fallback.Decision // why, and for how long; never zero
}

// Error implements error.
func (e *RefusedError) Error() string {
	text := "client: not handed over, and no address is known: " + e.Decision.Reason.String()
	if e.Code != 0 {
		text += ", " + e.Code.String()
	}
	if e.Detail != "" {
		text += ": " + e.Detail
	}
	return text
}

// Fallback returns what to do now: connect in another way, and tell the user no error.
func (e *RefusedError) Fallback() fallback.Decision { return e.Decision }

// ReconnectError says that the broker did not hand the connection over, and that
// connecting to the address that it named, or writing there what was kept, failed.
type ReconnectError struct {
	Address  string            // where to
	Replayed int               // how many bytes of what was kept were written there; zero: nobody has read any
	Decision fallback.Decision // why there was no handoff; never zero
	Err      error             // why connecting or writing failed
}

// Error implements error.
func (e *ReconnectError) Error() string {
	return fmt.Sprintf("client: reconnecting to %s, %d bytes written again: %v", e.Address, e.Replayed, e.Err)
}

// Unwrap returns Err.
func (e *ReconnectError) Unwrap() error { return e.Err }

// Fallback returns why there was no handoff.
func (e *ReconnectError) Fallback() fallback.Decision { return e.Decision }

// OptionError answers DialContext when a field of the Dialer makes no sense.
type OptionError struct {
	Option  string // the field
	Problem string // what is wrong with its value
}

// Error implements error.
func (e *OptionError) Error() string { return "client: " + e.Option + ": " + e.Problem }

// refusal returns what a broker's refusal means.
func refusal(m *wire.Refused) fallback.Decision {
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
