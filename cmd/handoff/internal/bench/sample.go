package bench

import (
	"github.com/handoff-go/handoff/backend"
	"github.com/handoff-go/handoff/broker"
)

// Sample is what one process holds, at rest.
type Sample struct {
	Descriptors int // open in the process
	Goroutines  int
	Heap        int // bytes that are reachable
	RSS         int // bytes of memory, after what is free was given back

	Broker  *broker.Stats  `json:",omitempty"` // of the broker
	Backend *backend.Stats `json:",omitempty"` // of a backend
	Left    []string       `json:",omitempty"` // descriptors that a process keeps at its end
}

// Limits says how much more a process may hold in the end than after the warm-up. The
// number of descriptors may not differ at all.
type Limits struct{ Goroutines, Heap, RSS int }

// limits are those of a soak: what Go's own pools and caches may differ by.
func limits() Limits { return Limits{Goroutines: 8, Heap: 4 << 20, RSS: 24 << 20} }
