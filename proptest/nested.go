package proptest

import (
	"sync/atomic"
	"time"

	"github.com/handoff-go/handoff/registry"
)

// nested asks a registry something from within its own callbacks, to find a
// lock that is held while a callback runs, and counts that do not add up then.
type nested struct {
	patience time.Duration // how long a query may take before it counts as waiting for a lock
	found    *atomic.Bool  // in an earlier sequence: the patience is less
	where    string        // the callback that met a lock
	waiting  chan registry.Stats
	torn     error // what was wrong with the counts
}

func newNested(patience time.Duration) nested {
	return nested{patience: patience, found: new(atomic.Bool)}
}

// patience is what Run has.
const patience = 10 * time.Second

// ask makes a query from another goroutine, and gives up when it seems to wait
// for the callback to return.
func (n *nested) ask(system Registry, where string) {
	if system == nil || n.where != "" {
		return
	}
	answered := make(chan registry.Stats, 1)
	go func() { answered <- system.Stats() }()
	wait := n.patience
	if n.found.Load() {
		wait /= 100
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case stats := <-answered:
		if err := conserved(stats); err != nil {
			n.torn = err
		}
	case <-timer.C:
		n.found.Store(true)
		n.where, n.waiting = where, answered
	}
}

// checkNested fails if a callback of the last call met a lock or torn counts.
func (s *sequence) checkNested() {
	if s.nested.where != "" {
		<-s.nested.waiting // it comes now that the call is over
		s.fail("a query from within %s waits until that returns: it is called under a lock", s.nested.where)
	}
	if s.nested.torn != nil {
		s.fail("seen from within a callback: %v", s.nested.torn)
	}
}
