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
