package registry

import (
	"time"

	"github.com/handoff-go/handoff/fsm"
	"github.com/handoff-go/handoff/registry/internal/store"
)

// step is one atomic change of a registry, or its refusal: what was asked and what
// the result is. It is filled in under the lock, and reported to the callbacks
// after it.
type step struct {
	op        string
	seq       uint64
	token     Token
	presented Token
	backend   Backend
	now       store.Instant
	timed     bool // now is set
	end       store.Instant
	ends      bool // end is set
	waited    time.Duration
	state     fsm.State // the state that a handoff entered; 0: none did
	err       error
}

func (s *step) endsAt(end store.Instant) { s.end, s.ends = end, true }

// unlock ends the lock section in which step s was taken, and reports s to the
// callbacks.
func (r *Registry) unlock(s *step) {
	r.numberLocked(s)
	r.publishLocked()
	r.mu.Unlock()
	r.report(s)
}

// unlockAll ends the lock section in which steps were taken, in the order of
// their effect, and reports them to the callbacks.
func (r *Registry) unlockAll(steps []step) {
	r.numberAndUnlock(steps)
	r.reportAll(steps)
}

// numberAndUnlock is unlockAll for a caller that reports the steps later.
func (r *Registry) numberAndUnlock(steps []step) {
	for i := range steps {
		r.numberLocked(&steps[i])
	}
	r.publishLocked()
	r.mu.Unlock()
}

func (r *Registry) numberLocked(s *step) {
	if r.trace != nil {
		r.seq++
		s.seq = r.seq
	}
}

// publishLocked updates what is read without the lock, and wakes a Run if there is
// an earlier end than the one that its timer is set to.
func (r *Registry) publishLocked() {
	earliest := store.Never
	if _, rec := r.records.First(); rec != nil && !r.closed {
		earliest = rec.End
	}
	if earliest != store.Instant(r.earliest.Load()) {
		r.earliest.Store(int64(earliest))
		if earliest < r.armed && r.runners > 0 {
			r.wakeRun()
		}
	}
	if room := r.hasRoomLocked(); room != r.room.Load() {
		r.room.Store(room)
	}
}

// report calls the callbacks for one step. See reportAll.
func (r *Registry) report(s *step) {
	if r.onExit == nil && r.trace == nil {
		return
	}
	r.runCallbacks(s)
}

// reportAll calls the callbacks for steps that have taken effect, in that order. It
// holds the rule for callbacks in [Options]: each is called exactly once, whatever
// the others do.
//
// A callback that panics, or that ends its goroutine with runtime.Goexit as a test's
// FailNow does, must not keep the others from being called: their handoffs have left
// the registry already, so no later sweep would report them. A recover is not enough
// for that, since it does not stop Goexit; only deferred calls run under both. So the
// calls that are left are deferred, each by itself, which makes them even if several
// fail. The panic then reaches the caller of the registry.
func (r *Registry) reportAll(steps []step) {
	if r.onExit == nil && r.trace == nil {
		return
	}
	called := 0
	defer func() { // does nothing unless a callback failed
		for i := len(steps) - 1; i >= called; i-- { // deferred calls run in reverse
			defer r.runCallbacks(&steps[i])
		}
	}()
	for called < len(steps) {
		called++
		r.runCallbacks(&steps[called-1])
	}
}

// runCallbacks calls Trace and then OnExit, which is deferred so that it is called
// even if Trace fails.
func (r *Registry) runCallbacks(s *step) {
	if r.onExit != nil && s.state.Terminal() {
		defer r.onExit(Exit{Token: s.token, Backend: s.backend, State: s.state, Waited: s.waited})
	}
	if r.trace != nil {
		r.trace(r.event(s))
	}
}

func (r *Registry) event(s *step) Event {
	e := Event{
		Seq: s.seq, Op: s.op, Ref: r.Ref(s.token), Presented: r.Ref(s.presented),
		Backend: s.backend, State: s.state, Err: s.err,
	}
	if s.timed {
		e.Now = r.moment(s.now)
	}
	if s.ends && s.end < store.Never {
		e.End = r.moment(s.end)
	}
	return e
}
