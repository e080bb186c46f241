package registry

import (
	"cmp"
	"fmt"
	"io"
	"time"
)

// What an Options field is when left zero. docs/reference.md has the two durations.
const (
	DefaultAckDeadline       = 5 * time.Second
	DefaultTokenTTL          = 30 * time.Second
	DefaultMaxPending        = 1024
	DefaultCollisionAttempts = 16
)

// Options are the settings of a registry. The zero Options are the defaults. New
// copies them.
type Options struct {
	// AckDeadline is how long a backend has to acknowledge, from Register or
	// Begin. Zero: DefaultAckDeadline. It must not be above TokenTTL.
	AckDeadline time.Duration
	// TokenTTL is how long a token lives at most, from Issue or Begin. Zero:
	// DefaultTokenTTL.
	TokenTTL time.Duration
	// MaxPending is how many tokens may be live at once, pending or not. Zero:
	// DefaultMaxPending. Memory follows what is live, not MaxPending: it is freed
	// in chunks of 64 records as they empty.
	MaxPending int
	// CollisionAttempts is how often Issue and Begin ask the random source, in
	// all, for a token that is not zero and not live. Zero:
	// DefaultCollisionAttempts.
	CollisionAttempts int
	// Rand is the source of tokens, 16 bytes for each try. Nil: crypto/rand. It must
	// be safe for concurrent use and is read outside the lock; its error is returned
	// wrapped. It is not read while the registry is closed or full.
	Rand io.Reader
	// OnExit is called for each handoff that leaves. Nil: none.
	//
	// One rule holds for both callbacks. Each is called exactly once for its handoff
	// or step, Trace before OnExit, by the goroutine that took the step, before its
	// call returns and outside the lock; it may call the registry. A callback that
	// panics or calls runtime.Goexit does not keep the others from being called; the
	// panic then reaches the caller.
	OnExit func(Exit)
	// Trace is called for each step. Calls from several goroutines may come in
	// another order than that of Event.Seq. Nil: none, at no cost.
	Trace func(Event)
}

// withDefaults returns o with its zero fields filled in, or a *OptionError.
func (o Options) withDefaults() (Options, error) {
	err := cmp.Or(
		fill("AckDeadline", &o.AckDeadline, DefaultAckDeadline),
		fill("TokenTTL", &o.TokenTTL, DefaultTokenTTL),
		fill("MaxPending", &o.MaxPending, DefaultMaxPending),
		fill("CollisionAttempts", &o.CollisionAttempts, DefaultCollisionAttempts),
	)
	if err == nil && o.AckDeadline > o.TokenTTL {
		err = &OptionError{Option: "AckDeadline", Problem: fmt.Sprintf("%v is above TokenTTL, %v", o.AckDeadline, o.TokenTTL)}
	}
	return o, err
}

func fill[T time.Duration | int](name string, value *T, ifZero T) error {
	switch {
	case *value < 0:
		return &OptionError{Option: name, Problem: fmt.Sprintf("%v is negative", *value)}
	case *value == 0:
		*value = ifZero
	}
	return nil
}
