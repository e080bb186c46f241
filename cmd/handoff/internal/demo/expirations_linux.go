package demo

import "sync"

// expirations holds the handoffs that the broker has reported as expired. A slow backend
// waits for the broker's report, not for a clock.
type expirations struct {
	mu      sync.Mutex
	changed *sync.Cond
	expired map[uint64]bool // by correlation id, until await has returned for it
	ended   bool
}

func newExpirations() *expirations {
	v := &expirations{expired: map[uint64]bool{}}
	v.changed = sync.NewCond(&v.mu)
	return v
}

func (v *expirations) add(correlation uint64) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.expired[correlation] = true
	v.changed.Broadcast()
}

// end releases all waiters: no more reports will come.
func (v *expirations) end() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.ended = true
	v.changed.Broadcast()
}

// await waits until a handoff is reported as expired, or until end.
func (v *expirations) await(correlation uint64) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for !v.expired[correlation] && !v.ended {
		v.changed.Wait()
	}
	delete(v.expired, correlation)
}
