package broker

import (
	"slices"
	"sync"
	"time"

	"github.com/handoff-go/handoff/fallback"
	"github.com/handoff-go/handoff/registry"
)

// service is one service while it has links, with its settings resolved.
type service struct {
	name      string
	deadline  time.Duration
	margin    time.Duration
	reconnect string
	disabled  bool
	uids      []int // nil: the broker's own user
	registry  *registry.Registry

	mu    sync.Mutex
	links []*link
	next  int // where the search for the least loaded link begins

	queue waitQueue // has a lock of its own
}

// picked is the answer of pick: a link, or why there is none.
type picked struct {
	link *link
	full bool // a link that was not tried is busy
	why  fallback.Decision
}

// pick returns the link with the fewest undecided attempts among those that may be sent an offer
// and are neither tried nor busy.
func (s *service) pick(tried, busy []*link, limiter *fallback.Limiter, now time.Time) picked {
	s.mu.Lock()
	defer s.mu.Unlock()
	best := picked{why: fallback.Decision{Reason: fallback.BackendGone}}
	var least int
	for i := range s.links {
		l := s.links[(s.next+i)%len(s.links)]
		if slices.Contains(tried, l) || slices.Contains(busy, l) {
			continue
		}
		pending, capacity := l.load()
		switch capacity {
		case capacityNever:
			continue
		case capacityLater:
			best.full = true
			best.why = fallback.Decision{Reason: fallback.FDPressureDisabled}
			continue
		}
		if limited := limiter.Check(l.key, now); limited.Reason != 0 {
			best.why = limited
			continue
		}
		if best.link == nil || pending < least {
			best.link, least = l, pending
		}
	}
	s.next++
	return best
}
