package registry

import (
	"context"
	"time"

	"github.com/handoff-go/handoff/registry/internal/store"
)

// Run ends records as ExpireOverdue does, whenever an end is reached, with one
// timer. It blocks until ctx ends, and returns ctx's error, or until Close, and
// returns nil. The handoffs that it expires are reported to [Options].OnExit only.
//
// Run is optional: a caller with a loop of its own uses NextDeadline and
// ExpireOverdue. Several Runs at once are harmless. Its clock is time.Now, so the
// times handed to other methods must come from that clock too.
func (r *Registry) Run(ctx context.Context) error {
	r.countRunner(+1)
	defer func() {
		r.countRunner(-1)
		r.wakeRun() // another Run may have to wait for the end that this one was waiting for
	}()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for ctx.Err() == nil {
		r.sweep(time.Now(), func(*step) bool { return ctx.Err() == nil })
		if next := r.arm(); next == store.Never {
			timer.Stop()
		} else {
			timer.Reset(next.Since(r.instantOf(time.Now())))
		}
		select {
		case <-ctx.Done():
		case <-r.closing:
			return nil
		case <-r.wake:
		case <-timer.C:
		}
	}
	return ctx.Err()
}

// arm returns the end that a Run sets its timer to. From then on an earlier end
// wakes a Run.
func (r *Registry) arm() store.Instant {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.armed = store.Instant(r.earliest.Load())
	return r.armed
}

func (r *Registry) countRunner(n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.runners += n
}

// wakeRun never blocks: one signal in the channel is enough.
func (r *Registry) wakeRun() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}
