package tracing

import (
	"fmt"
	"sync"
	"time"

	"github.com/handoff-go/handoff/broker"
	"github.com/handoff-go/handoff/registry"
)

// recorder keeps what happened. It is safe for concurrent use.
type recorder struct {
	mu       sync.Mutex
	registry []registry.Event
	ended    map[uint64]chan struct{} // attempts, by correlation; closed when one has ended
	late     int                      // waits for an attempt that did not end
}

func newRecorder() *recorder { return &recorder{ended: map[uint64]chan struct{}{}} }

func (r *recorder) addRegistry(e registry.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.registry = append(r.registry, e)
}

func (r *recorder) addBroker(e broker.Event) {
	switch e.Op {
	case broker.OpExpire, broker.OpAbandon, broker.OpAcknowledge:
		r.mu.Lock()
		defer r.mu.Unlock()
		end := r.endLocked(e.Correlation)
		select {
		case <-end: // told already
		default:
			close(end)
		}
	}
}

// endLocked returns what is closed when an attempt has ended.
func (r *recorder) endLocked(correlation uint64) chan struct{} {
	if r.ended[correlation] == nil {
		r.ended[correlation] = make(chan struct{})
	}
	return r.ended[correlation]
}

// awaitEnd waits until an attempt has ended.
func (r *recorder) awaitEnd(correlation uint64) {
	r.mu.Lock()
	end := r.endLocked(correlation)
	r.mu.Unlock()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-end:
	case <-timer.C:
		r.mu.Lock()
		defer r.mu.Unlock()
		r.late++
	}
}

// check returns an error if an attempt did not end.
func (r *recorder) check() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.late > 0 {
		return fmt.Errorf("%d attempts did not end in %v", r.late, limit)
	}
	return nil
}
