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

// counts says how often each row was taken.
type counts struct {
	mu sync.Mutex
	of map[string]int
}

func (c *counts) add(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.of[name]++
}

// observe returns a factory whose registries count in c which branches of the specification they
// took. They know it from their trace, and from the calls in progress: a trace does not say which
// call dropped a record.
func observe(c *counts, f factory) factory {
	return func(options registry.Options) (proptest.Registry, error) {
		o := &observer{
			counts: c, trace: options.Trace,
			calls: map[string]int{}, records: map[uint64]record{}, early: map[uint64]observed{},
		}
		options.Trace = func(e registry.Event) {
			if o.trace != nil {
				o.trace(e)
			}
			o.receive(e)
		}
		r, err := f(options)
		if err != nil {
			return r, err
		}
		o.Registry = r
		return o, nil
	}
}

// observer is a registry whose trace is read.
type observer struct {
	proptest.Registry
	counts *counts
	trace  func(registry.Event) // the Options.Trace of the caller, or nil

	mu       sync.Mutex
	calls    map[string]int    // in progress, by operation
	sweeps   []time.Time       // in progress, by their instants
	cutShort []time.Time       // sweeps during which the registry was closed
	records  map[uint64]record // by Ref
	closed   bool
	seq      uint64              // of the last event that was taken
	early    map[uint64]observed // events that were delivered before one with a lower Seq
}

// record is a live token.
type record struct {
	pending, consumed bool
	end, since        time.Time // a zero end is never
}

// observed is an event, and the operation in progress when it came; "" if there were several.
type observed struct {
	registry.Event
	by string
}

// ended reports whether a record is at or past its end.
func (r record) ended(now time.Time) bool { return !r.end.IsZero() && !now.Before(r.end) }

func (o *observer) enter(op string) func() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.calls[op]++
	return func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		if o.calls[op]--; o.calls[op] == 0 {
			delete(o.calls, op)
		}
	}
}

func (o *observer) Issue(now time.Time) (registry.Token, error) {
	defer o.enter("Issue")()
	return o.Registry.Issue(now)
}

func (o *observer) Begin(b registry.Backend, now time.Time) (registry.Token, error) {
	defer o.enter("Begin")()
	return o.Registry.Begin(b, now)
}

func (o *observer) Expire(t registry.Token, now time.Time) (registry.Expired, bool) {
	defer o.enter("Expire")()
	return o.Registry.Expire(t, now)
}

func (o *observer) ExpireOverdue(now time.Time) []registry.Expired {
	defer o.enter("Sweep")()
	o.mu.Lock()
	if len(o.sweeps) == 0 && !o.closed {
		o.counts.add("SweepIdle")
	}
	o.sweeps = append(o.sweeps, now)
	o.mu.Unlock()
	defer func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		i := slices.Index(o.sweeps, now)
		o.sweeps = slices.Delete(o.sweeps, i, i+1)
	}()
	return o.Registry.ExpireOverdue(now)
}

func (o *observer) NextDeadline() (time.Time, bool) {
	next, ok := o.Registry.NextDeadline()
	if ok {
		o.counts.add("NextDeadlineSome")
	} else {
		o.counts.add("NextDeadlineNever")
	}
	return next, ok
}

// receive takes the events in the order of their Seq, which is the order of effect.
func (o *observer) receive(e registry.Event) {
	o.mu.Lock()
	defer o.mu.Unlock()
	by := ""
	if names := slices.Collect(maps.Keys(o.calls)); len(names) == 1 {
		by = names[0]
	}
	o.early[e.Seq] = observed{e, by}
	for {
		next, ok := o.early[o.seq+1]
		if !ok {
			return
		}
		o.seq++
		delete(o.early, o.seq)
		o.take(next)
	}
}

// take counts the rows of one event, and updates the records.
func (o *observer) take(e observed) {
	r, lives := o.records[e.Ref]
	if row := o.row(e, r, lives); row != "" {
		o.counts.add(row)
	}
	o.decide(e, r)
	switch {
	case e.Op == registry.OpClose && e.Err == nil:
		o.closed = true
		for _, now := range o.sweeps {
			if slices.ContainsFunc(slices.Collect(maps.Values(o.records)), func(r record) bool { return r.ended(now) }) {
				o.cutShort = append(o.cutShort, now)
			}
		}
	case e.Op == registry.OpIssue && e.Err == nil:
		o.records[e.Ref] = record{end: e.End}
	case e.State == fsm.Pending:
		o.records[e.Ref] = record{pending: true, end: e.End, since: e.Now}
	case e.State.Terminal(), e.Op == registry.OpDrop, e.Op == registry.OpAbandon && e.Err == nil,
		errors.Is(e.Err, registry.ErrTokenExpired), e.Op == registry.OpConsume && e.Err == nil && !r.pending:
		delete(o.records, e.Ref)
	case e.Op == registry.OpConsume && e.Err == nil:
		r.consumed = true
		o.records[e.Ref] = r
	}
}
