package registry

import (
	"context"
	"time"

	"github.com/handoff-go/handoff/registry/internal/store"
)

// Run calls ExpireOverdue whenever something is over, with one timer, until ctx
// ends, when it returns ctx's error, or until Close, when it returns nil. The
// handoffs it expires are told to [Options].OnExit.
//
// Run is optional: a caller with a loop of its own uses NextDeadline and
// ExpireOverdue. Several Runs at once are harmless. Its clock is time.Now, so
// the times handed to other methods must come from that clock too.
func (r *Registry) Run(ctx context.Context) error {
	r.countRunner(+1)
	defer func() {
		r.countRunner(-1)
		r.wakeRun() // another may have to take over what this one was set to
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

// arm returns the end that a Run is to set its timer to. From then on an earlier
// one wakes it.
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

// wakeRun never blocks: one waiting signal is enough.
func (r *Registry) wakeRun() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}
