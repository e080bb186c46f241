package proptest_test

import (
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/handoff-go/handoff/fsm"
	"github.com/handoff-go/handoff/proptest"
	"github.com/handoff-go/handoff/registry"
)

// counts says how often each row was met.
type counts struct {
	mu sync.Mutex
	of map[string]int
}

func (c *counts) add(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.of[name]++
}

// watch returns a factory whose registries count in c which branches of the
// specification they took. They are told by their trace, and by which calls are in
// progress: a trace does not say on whose behalf a record was dropped.
func watch(c *counts, f factory) factory {
	return func(o registry.Options) (proptest.Registry, error) {
		w := &watched{counts: c, trace: o.Trace, calls: map[string]int{}, records: map[uint64]seen{}, early: map[uint64]told{}}
		o.Trace = func(e registry.Event) {
			if w.trace != nil {
				w.trace(e)
			}
			w.tell(e)
		}
		r, err := f(o)
		if err != nil {
			return r, err
		}
		w.Registry = r
		return w, nil
	}
}

// watched is a registry and what its trace told.
type watched struct {
	proptest.Registry
	counts *counts
	trace  func(registry.Event) // of who asked for the registry, or nil

	mu      sync.Mutex
	calls   map[string]int // in progress
	sweeps  []time.Time    // in progress
	cut     []time.Time    // those that Close came between
	records map[uint64]seen
	closed  bool
	seq     uint64
	early   map[uint64]told // events that came before their turn
}

// seen is a live token.
type seen struct {
	pending, consumed bool
	end, since        time.Time // a zero end is never
}

// told is an event, and the one operation that was in progress; "": there were more.
type told struct {
	registry.Event
	by string
}

// over reports whether a record is.
func (r seen) over(now time.Time) bool { return !r.end.IsZero() && !now.Before(r.end) }

func (w *watched) enter(op string) func() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls[op]++
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.calls[op]--; w.calls[op] == 0 {
			delete(w.calls, op)
		}
	}
}

func (w *watched) Issue(now time.Time) (registry.Token, error) {
	defer w.enter("Issue")()
	return w.Registry.Issue(now)
}

func (w *watched) Begin(b registry.Backend, now time.Time) (registry.Token, error) {
	defer w.enter("Begin")()
	return w.Registry.Begin(b, now)
}

func (w *watched) Expire(t registry.Token, now time.Time) (registry.Expired, bool) {
	defer w.enter("Expire")()
	return w.Registry.Expire(t, now)
}

func (w *watched) ExpireOverdue(now time.Time) []registry.Expired {
	defer w.enter("Sweep")()
	w.mu.Lock()
	if len(w.sweeps) == 0 && !w.closed {
		w.counts.add("SweepIdle")
	}
	w.sweeps = append(w.sweeps, now)
	w.mu.Unlock()
	defer func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		i := slices.Index(w.sweeps, now)
		w.sweeps = slices.Delete(w.sweeps, i, i+1)
	}()
	return w.Registry.ExpireOverdue(now)
}

func (w *watched) NextDeadline() (time.Time, bool) {
	next, ok := w.Registry.NextDeadline()
	if ok {
		w.counts.add("NextDeadlineSome")
	} else {
		w.counts.add("NextDeadlineNever")
	}
	return next, ok
}

// tell takes the events in the order of their effect.
func (w *watched) tell(e registry.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	by := ""
	if names := slices.Collect(maps.Keys(w.calls)); len(names) == 1 {
		by = names[0]
	}
	w.early[e.Seq] = told{e, by}
	for {
		next, ok := w.early[w.seq+1]
		if !ok {
			return
		}
		w.seq++
		delete(w.early, w.seq)
		w.take(next)
	}
}

// take counts the rows of one event, and takes its step.
func (w *watched) take(e told) {
	r, lives := w.records[e.Ref]
	if row := w.row(e, r, lives); row != "" {
		w.counts.add(row)
	}
	w.decide(e, r)
	switch {
	case e.Op == registry.OpClose && e.Err == nil:
		w.closed = true
		for _, now := range w.sweeps {
			if slices.ContainsFunc(slices.Collect(maps.Values(w.records)), func(r seen) bool { return r.over(now) }) {
				w.cut = append(w.cut, now)
			}
		}
	case e.Op == registry.OpIssue && e.Err == nil:
		w.records[e.Ref] = seen{end: e.End}
	case e.State == fsm.Pending:
		w.records[e.Ref] = seen{pending: true, end: e.End, since: e.Now}
	case e.State.Terminal(), e.Op == registry.OpDrop, e.Op == registry.OpAbandon && e.Err == nil,
		errors.Is(e.Err, registry.ErrTokenExpired), e.Op == registry.OpConsume && e.Err == nil && !r.pending:
		delete(w.records, e.Ref)
	case e.Op == registry.OpConsume && e.Err == nil:
		r.consumed = true
		w.records[e.Ref] = r
	}
}

// answers are the rows of errors that mean the same whatever the state.
func answers() []struct {
	err error
	row string
} {
	return []struct {
		err error
		row string
	}{
		{registry.ErrFull, "Full"}, {registry.ErrCollision, "Collision"}, {registry.ErrClosed, "Closed"},
		{registry.ErrTokenNotLive, "NotLive"}, {registry.ErrAlreadyPending, "Pending"}, {registry.ErrTokenExpired, "Expired"},
		{registry.ErrTokenMismatch, "Mismatch"}, {registry.ErrNotPending, "NotPending"},
	}
}

// row returns the row of an answer, "" if an event has none: a random source that
// fails is not in the specification.
func (w *watched) row(e told, r seen, lives bool) string {
	kind := ""
	switch e.Op {
	case registry.OpAbandon:
		return abandonRow(e, w.closed, lives)
	case registry.OpExpire:
		if e.State == fsm.Expired && e.by == "Sweep" {
			return "SweepExpires"
		} else if e.State == fsm.Expired {
			return only(e.by, "Expire", "ExpireOk")
		}
		return "ExpireNone"
	case registry.OpDrop:
		return w.dropRow(e)
	case registry.OpSweep:
		return w.sweepRow(e)
	case registry.OpClose:
		if e.Err == nil {
			return "CloseOk"
		}
		return "CloseNone"
	case registry.OpConsume:
		switch {
		case e.Err == nil || errors.Is(e.Err, registry.ErrTokenExpired):
			kind = map[bool]string{true: "Pending", false: "Issued"}[r.pending]
		case r.consumed && errors.Is(e.Err, registry.ErrTokenNotLive):
			return "ConsumeConsumed"
		}
	}
	if e.Err == nil {
		return e.Op + kind + "Ok"
	}
	for _, a := range answers() {
		if errors.Is(e.Err, a.err) {
			return e.Op + kind + a.row
		}
	}
	if late := (*registry.DeadlineError)(nil); errors.As(e.Err, &late) {
		return e.Op + "Late"
	}
	return ""
}

func only(by, want, row string) string {
	if by == want {
		return row
	}
	return ""
}

func abandonRow(e told, closed, lives bool) string {
	switch {
	case closed && e.State == fsm.Abandoned:
		return "CloseOneAbandons"
	case e.State == fsm.Abandoned:
		return "AbandonOk"
	case lives && !closed:
		return "AbandonRevoked"
	}
	return "AbandonNone"
}

func (w *watched) dropRow(e told) string {
	if w.closed {
		return "CloseOneRevokes"
	}
	w.counts.add("DropOk")
	switch e.by {
	case "Issue", "Begin":
		return e.by + "Drop"
	case "Sweep":
		return "SweepDrops"
	}
	return ""
}

func (w *watched) sweepRow(e told) string {
	if e.Err == nil {
		for _, r := range w.records {
			if !r.pending { // it was looked at, and is not over
				w.counts.add("DropNone")
			}
		}
		return "SweepOk"
	}
	if i := slices.IndexFunc(w.cut, e.Now.Equal); i >= 0 {
		w.cut = slices.Delete(w.cut, i, i+1)
		return "SweepCutShort"
	}
	return ""
}

// decide counts the operators that decided what an event says.
func (w *watched) decide(e told, r seen) {
	begins := e.Err == nil && (e.Op == registry.OpIssue || e.Op == registry.OpBegin || e.Op == registry.OpRegister)
	if begins && e.End.IsZero() {
		w.counts.add("PlusNever")
	} else if begins {
		w.counts.add("PlusSum")
	}
	if begins && e.Op == registry.OpRegister && !e.End.IsZero() {
		w.counts.add("Earlier" + map[bool]string{true: "First", false: "Second"}[r.end.IsZero() || e.End.Before(r.end)])
	}
	if e.Op == registry.OpAcknowledge && e.State == fsm.Acknowledged {
		w.counts.add("Waited" + map[bool]string{true: "Since", false: "Zero"}[e.Now.After(r.since)])
	}
	judged := e.Op == registry.OpAcknowledge && e.State != 0 || e.Op == registry.OpRegister && (e.Err == nil || errors.Is(e.Err, registry.ErrTokenExpired))
	switch {
	case !judged:
	case r.end.IsZero():
		w.counts.add("OverNever")
	case e.Now.Equal(r.end):
		w.counts.add("OverAt")
	case e.Now.After(r.end):
		w.counts.add("OverAfter")
	case r.end.Sub(e.Now) == time.Nanosecond:
		w.counts.add("OverBefore")
	}
}
