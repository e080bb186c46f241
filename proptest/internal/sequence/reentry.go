package sequence

import (
	"sync/atomic"
	"time"

	"github.com/handoff-go/handoff/proptest/internal/contract"
	"github.com/handoff-go/handoff/proptest/internal/oracle"
	"github.com/handoff-go/handoff/registry"
)

// Patience is how long a query from within a callback may take. It is long because a query on a
// busy machine may wait, and a registry that waits for a lock waits for ever.
const Patience = 10 * time.Second

// Reentry calls Stats from within the callbacks of a registry, and from within its random
// source. It finds a lock that is held while a callback runs, and counts that do not add up at
// that moment.
type Reentry struct {
	patience time.Duration
	found    *atomic.Bool // an earlier sequence met a lock: now shrinking is fast
	callback string       // the one that met a lock; "": none did
	blocked  chan registry.Stats
	lost     error // what was wrong with the counts
}

// NewReentry returns a Reentry for one property: copies of it share what was found.
func NewReentry(patience time.Duration) Reentry {
	return Reentry{patience: patience, found: new(atomic.Bool)}
}

// query calls Stats on another goroutine, and gives up when the answer seems to wait for the
// callback to return.
func (r *Reentry) query(system contract.Registry, callback string) {
	if system == nil || r.callback != "" {
		return
	}
	answered := make(chan registry.Stats, 1)
	go func() { answered <- system.Stats() }()
	wait := r.patience
	if r.found.Load() {
		wait /= 100
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case stats := <-answered:
		if err := oracle.CheckConserved(stats); err != nil {
			r.lost = err
		}
	case <-timer.C:
		r.found.Store(true)
		r.callback, r.blocked = callback, answered
	}
}

// checkReentry fails if a callback of the last call met a lock, or counts that do not add up.
func (s *Sequence) checkReentry() {
	if s.reentry.callback != "" {
		<-s.reentry.blocked // the call has returned, so the query does
		s.Fail("Stats, called from within %s, returned only after it: the registry holds a lock during the callback", s.reentry.callback)
	}
	if s.reentry.lost != nil {
		s.Fail("Stats, called from within a callback: %v", s.reentry.lost)
	}
}
