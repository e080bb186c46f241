package registry

import (
	"time"

	"github.com/handoff-go/handoff/registry/internal/store"
)

// instantOf turns a moment that a caller handed in into an instant. Sub keeps the
// monotonic reading where both have one, and saturates.
func (r *Registry) instantOf(t time.Time) store.Instant { return store.At(t.Sub(r.base)) }

// moment is the inverse of instantOf.
func (r *Registry) moment(i store.Instant) time.Time { return r.base.Add(time.Duration(i)) }
