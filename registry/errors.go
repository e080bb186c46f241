package registry

import (
	"errors"
	"fmt"
	"time"

	"github.com/handoff-go/handoff/fallback"
)

// The answers of a registry that need no fields. Compare with [errors.Is].
var (
	// ErrNotPending answers an ACK for a token with no pending handoff: unknown,
	// only issued, already acknowledged, expired or abandoned. It is one answer
	// for all of these, so that a probing peer learns nothing.
	ErrNotPending = errors.New("registry: no handoff is pending for this token")
	// ErrAlreadyPending answers Register of a token whose handoff is pending.
	// Nothing changes: neither the entry nor its deadline is replaced.
	ErrAlreadyPending = errors.New("registry: a handoff is already pending for this token")
	// ErrTokenNotLive answers a token that was never issued, is revoked, or was
	// already consumed.
	ErrTokenNotLive = errors.New("registry: token is not live")
	// ErrTokenExpired answers a token at or past its end. The token is revoked.
	ErrTokenExpired = errors.New("registry: token has expired")
	// ErrTokenMismatch answers Consume when another token is presented than the
	// one expected. Nothing is consumed.
	ErrTokenMismatch = errors.New("registry: presented token is not the expected one")
	// ErrTokenMissing answers ParseToken of no bytes.
	ErrTokenMissing = errors.New("registry: token is missing")
	// ErrFull answers Issue and Begin when MaxPending tokens are live.
	ErrFull = errors.New("registry: too many live tokens")
	// ErrCollision answers Issue and Begin when every try of the random source
	// gave a zero or a live token.
	ErrCollision = errors.New("registry: random source gave no fresh token")
	// ErrClosed answers every call that would change a closed registry.
	ErrClosed = errors.New("registry: closed")
)

// DeadlineError answers an ACK that was observed at or past the deadline of its
// handoff. The handoff has left as expired and its token is revoked.
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

// Fallback returns what to do now: let the client reconnect, and tell it no
// error. The reason is [fallback.BackendAckTimeout].
func (e *DeadlineError) Fallback() fallback.Decision {
	return fallback.Decision{Reason: fallback.BackendAckTimeout}
}

// TokenSizeError answers ParseToken of a length that is no token's.
type TokenSizeError struct {
	Got int // the length in bytes
}

// Error implements error.
func (e *TokenSizeError) Error() string {
	return fmt.Sprintf("registry: token has %d bytes, want %d", e.Got, TokenSize)
}

// OptionError answers New when an option makes no sense.
type OptionError struct {
	Option  string // the field of Options
	Problem string // what is wrong with its value
}

// Error implements error.
func (e *OptionError) Error() string {
	return fmt.Sprintf("registry: option %s: %s", e.Option, e.Problem)
}
