package registry

import (
	"time"

	"github.com/handoff-go/handoff/fsm"
	"github.com/handoff-go/handoff/registry/internal/store"
)

// step is one atomic change of a registry, or its refusal: what was asked, and
// what came of it. It is filled in under the lock and told outside.
type step struct {
	op        string
	seq       uint64
	token     Token
	presented Token
	backend   Backend
	now       store.Instant
	timed     bool // now is meant
	end       store.Instant
	ends      bool // end is meant
	waited    time.Duration
	state     fsm.State // what a handoff came to
	err       error
}

func (s *step) endsAt(end store.Instant) { s.end, s.ends = end, true }

// unlock numbers the steps in the order of their effect, first those before
// and then the last one (nil: none), unlocks, and tells them.
func (r *Registry) unlock(last *step, before ...step) {
	if r.trace != nil {
		for i := range before {
			r.seq++
			before[i].seq = r.seq
		}
		if last != nil {
			r.seq++
			last.seq = r.seq
		}
	}
	r.publishLocked()
	r.mu.Unlock()
	if r.onExit == nil && r.trace == nil {
		return
	}
	if last != nil {
		defer r.tell(last) // also when telling the others panics
	}
	r.tellAll(before)
}

// publishLocked refreshes what is read without the lock, and wakes a Run when
// there is an earlier end than any is set to.
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

// tellAll tells the steps even if a callback panics in the middle: a handoff
// that left is told, whatever became of the one before.
func (r *Registry) tellAll(steps []step) {
	if len(steps) == 0 {
		return
	}
	done := 0
	defer func() {
		if done < len(steps) {
			r.tellAll(steps[done:])
		}
	}()
	for done < len(steps) {
		done++
		r.tell(&steps[done-1])
	}
}

func (r *Registry) tell(s *step) {
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
