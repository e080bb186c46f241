package registry

import (
	"errors"
	"fmt"
	"time"

	"github.com/handoff-go/handoff/fallback"
)

// The errors of a registry that need no fields. Compare with [errors.Is].
var (
	// ErrNotPending is returned for an ACK of a token with no pending handoff:
	// unknown, only issued, already acknowledged, expired or abandoned. It is the
	// same for all of these, so that a peer that guesses tokens learns nothing.
	ErrNotPending = errors.New("registry: no handoff is pending for this token")
	// ErrAlreadyPending is returned by Register for a token whose handoff is pending.
	// Nothing changes: neither the entry nor its deadline is replaced.
	ErrAlreadyPending = errors.New("registry: a handoff is already pending for this token")
	// ErrTokenNotLive is returned for a token that was never issued, is revoked, or
	// was already consumed.
	ErrTokenNotLive = errors.New("registry: token is not live")
	// ErrTokenExpired is returned for a token at or past its end. The token is
	// revoked.
	ErrTokenExpired = errors.New("registry: token has expired")
	// ErrTokenMismatch is returned by Consume when the token presented is not the
	// one expected. Nothing is consumed.
	ErrTokenMismatch = errors.New("registry: presented token is not the expected one")
	// ErrTokenMissing is returned by ParseToken for no bytes.
	ErrTokenMissing = errors.New("registry: token is missing")
	// ErrFull is returned by Issue and Begin when MaxPending tokens are live.
	ErrFull = errors.New("registry: too many live tokens")
	// ErrCollision is returned by Issue and Begin when every try of the random
	// source gave the zero token or a live one.
	ErrCollision = errors.New("registry: random source gave no unused token")
	// ErrClosed is returned by every call that would change a closed registry.
	ErrClosed = errors.New("registry: closed")
)

// DeadlineError is the error of an ACK that was observed at or past the deadline of
// its handoff. The handoff has left as expired, and its token is revoked.
//
// It does not unwrap to [context.DeadlineExceeded]: the caller's own context
// has not ended.
type DeadlineError struct {
	Backend  Backend
	Deadline time.Time     // the instant from which an ACK is late
	Late     time.Duration // how long after it the ACK was observed, >= 0
}

// Error implements error.
func (e *DeadlineError) Error() string {
	return fmt.Sprintf("registry: ACK from %s came %v past its deadline", e.Backend, e.Late)
}

// Timeout reports true: the backend took too long.
func (e *DeadlineError) Timeout() bool { return true }

// Fallback returns what to do now: the client reconnects, without an error. The
// reason is [fallback.BackendAckTimeout].
func (e *DeadlineError) Fallback() fallback.Decision {
	return fallback.Decision{Reason: fallback.BackendAckTimeout}
}

// TokenSizeError is the error of ParseToken for a length that is not 16 bytes.
type TokenSizeError struct {
	Got int // the length in bytes
}

// Error implements error.
func (e *TokenSizeError) Error() string {
	return fmt.Sprintf("registry: token has %d bytes, want %d", e.Got, TokenSize)
}

// OptionError is the error of New for an invalid option.
type OptionError struct {
	Option  string // the field of Options
	Problem string // what is wrong with its value
}

// Error implements error.
func (e *OptionError) Error() string {
	return fmt.Sprintf("registry: option %s: %s", e.Option, e.Problem)
}
