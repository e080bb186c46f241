package proptest

import (
	"time"

	"github.com/handoff-go/handoff/proptest/internal/contract"
	"github.com/handoff-go/handoff/registry"
)

// Registry is what an implementation must offer: the contract of [registry.Registry], whose
// methods say what each answer means, without Run. All methods must be safe for concurrent use.
type Registry interface {
	Issue(now time.Time) (registry.Token, error)
	Register(t registry.Token, b registry.Backend, now time.Time) error
	Begin(b registry.Backend, now time.Time) (registry.Token, error)
	Consume(expected, presented registry.Token, now time.Time) error
	Acknowledge(t registry.Token, now time.Time) (registry.Acknowledged, error)
	Abandon(t registry.Token) (registry.Backend, bool)
	Expire(t registry.Token, now time.Time) (registry.Expired, bool)
	ExpireOverdue(now time.Time) []registry.Expired
	Close() []registry.Abandoned

	NextDeadline() (time.Time, bool)
	Backend(t registry.Token) (registry.Backend, bool)
	Len() int
	Tokens() int
	AckDeadline() time.Duration
	Stats() registry.Stats
}

var (
	_ Registry          = (*registry.Registry)(nil)
	_ Registry          = contract.Registry(nil)
	_ contract.Registry = Registry(nil)
)

// contractFactory returns the factory in the form that the packages below this one take.
func contractFactory(factory func(registry.Options) (Registry, error)) contract.Factory {
	return func(o registry.Options) (contract.Registry, error) { return factory(o) }
}
