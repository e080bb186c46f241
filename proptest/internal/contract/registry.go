// Package contract says what the conformance kit tests: the interface of a registry, and which
// answer of a registry corresponds to which answer of the reference model. The other packages
// of the kit are built on it.
package contract

import (
	"time"

	"github.com/handoff-go/handoff/registry"
)

// Registry is proptest.Registry. It stands here, too, because the packages below proptest
// cannot import it; proptest checks that the two are identical.
type Registry interface {
	// These change the registry.

	Issue(now time.Time) (registry.Token, error)
	Register(t registry.Token, b registry.Backend, now time.Time) error
	Begin(b registry.Backend, now time.Time) (registry.Token, error)
	Consume(expected, presented registry.Token, now time.Time) error
	Acknowledge(t registry.Token, now time.Time) (registry.Acknowledged, error)
	Abandon(t registry.Token) (registry.Backend, bool)
	Expire(t registry.Token, now time.Time) (registry.Expired, bool)
	ExpireOverdue(now time.Time) []registry.Expired
	Close() []registry.Abandoned

	// These change nothing.

	NextDeadline() (time.Time, bool)
	Backend(t registry.Token) (registry.Backend, bool)
	Len() int
	Tokens() int
	AckDeadline() time.Duration
	Stats() registry.Stats
}

// Factory makes the registry under test, or returns a *registry.OptionError.
type Factory = func(registry.Options) (Registry, error)
