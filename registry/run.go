package registry

import (
	"context"
	"time"
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
		r.wakeRun() // in case this one was woken and ends without having looked
	}()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-r.closing:
			return nil
		default:
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		now := time.Now()
		r.ExpireOverdue(now)
		timer.Reset(r.untilNext(now))
		select {
		case <-ctx.Done():
		case <-r.closing:
		case <-r.wake:
		case <-timer.C:
		}
	}
}

// untilNext returns how long after now the next end comes. It compares
// instants, as a sweep does, so that no wall clock can make the two disagree.
func (r *Registry) untilNext(now time.Time) time.Duration {
	return instant(r.earliest.Load()).since(r.instantOf(now))
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
