package contract

import (
	"context"
	"errors"

	"github.com/handoff-go/handoff/model"
	"github.com/handoff-go/handoff/registry"
)

// Matches reports whether err is the error that a verdict of the model requires, and none of
// the others. It cannot judge model.RandomFailed: that error is the random source's own.
func Matches(err error, v model.Verdict) bool {
	if v == model.OK || v == model.None || err == nil {
		return err == nil && (v == model.OK || v == model.None)
	}
	for _, s := range sentinels() {
		if errors.Is(err, s.err) != (s.verdict == v) {
			return false
		}
	}
	// A DeadlineError that wrapped context.DeadlineExceeded would look as if the caller's own
	// context had ended.
	return (DeadlineError(err) != nil) == (v == model.DeadlineReached) && !errors.Is(err, context.DeadlineExceeded)
}

// DeadlineError returns the *registry.DeadlineError in err's chain, or nil.
func DeadlineError(err error) *registry.DeadlineError {
	var late *registry.DeadlineError
	errors.As(err, &late)
	return late
}

type sentinel struct {
	verdict model.Verdict
	err     error
}

// sentinels pairs each verdict with the error that it is named after.
func sentinels() [8]sentinel {
	return [...]sentinel{
		{model.NotPending, registry.ErrNotPending},
		{model.AlreadyPending, registry.ErrAlreadyPending},
		{model.TokenNotLive, registry.ErrTokenNotLive},
		{model.TokenExpired, registry.ErrTokenExpired},
		{model.TokenMismatch, registry.ErrTokenMismatch},
		{model.Full, registry.ErrFull},
		{model.Collision, registry.ErrCollision},
		{model.ErrClosed, registry.ErrClosed},
	}
}
