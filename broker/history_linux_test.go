package broker_test

import (
	"sync"

	"github.com/handoff-go/handoff/broker"
)

// history keeps the steps that were traced, whole.
type history struct {
	mu     sync.Mutex
	events []broker.Event
}

func (h *history) add(e broker.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.events = append(h.events, e)
}

// of returns the latest step of that kind, and how many there were.
func (h *history) of(op broker.Op) (latest broker.Event, n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, e := range h.events {
		if e.Op == op {
			latest = e
			n++
		}
	}
	return latest, n
}

// on returns how many steps of that kind there were on a link.
func (h *history) on(op broker.Op, link uint64) (n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, e := range h.events {
		if e.Op == op && e.Link == link {
			n++
		}
	}
	return n
}
