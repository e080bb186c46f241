package demo

import "sync"

// verdicts are the handoffs that the broker says have expired. Waiting for one is
// waiting for the broker's step, not for a time.
type verdicts struct {
	mu      sync.Mutex
	changed *sync.Cond
	expired map[uint64]bool // by correlation id, until somebody has waited for it
	ended   bool
}

func newVerdicts() *verdicts {
	v := &verdicts{expired: map[uint64]bool{}}
	v.changed = sync.NewCond(&v.mu)
	return v
}

func (v *verdicts) note(correlation uint64) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.expired[correlation] = true
	v.changed.Broadcast()
}

// end says that no more will be told: nobody waits any longer.
func (v *verdicts) end() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.ended = true
	v.changed.Broadcast()
}

// await waits until a handoff has expired, or nothing more is told.
func (v *verdicts) await(correlation uint64) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for !v.expired[correlation] && !v.ended {
		v.changed.Wait()
	}
	delete(v.expired, correlation)
}
