package proptest

import (
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/anishathalye/porcupine"
)

// diary is what one caller did. Each has one of its own, so that callers have
// nothing in common but the registry and the clock.
type diary struct {
	mu    sync.Mutex
	calls []porcupine.Operation // those that returned
	open  *porcupine.Operation  // the one that has not, with a Return that is never
}

// begin notes a call before it is made.
func (d *diary) begin(op porcupine.Operation) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.open = &op
}

// end notes what the call in progress came to, as one operation or several.
func (d *diary) end(steps []porcupine.Operation) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.calls, d.open = append(d.calls, steps...), nil
}

// hold lets one call of a history never return: the random source or OnExit
// keeps it, until everything is judged. A nil hold keeps nobody.
type hold struct {
	before  atomic.Int64 // how many times they return before that
	kept    chan struct{}
	over    chan struct{}
	passing atomic.Bool // over is closed
}

func newHold(before int) *hold {
	h := &hold{kept: make(chan struct{}, 1), over: make(chan struct{})}
	h.before.Store(int64(before))
	return h
}

// pass is called by a callback, and may not return for long.
func (h *hold) pass() {
	if h != nil && h.before.Add(-1) == -1 {
		h.kept <- struct{}{}
		<-h.over
	}
}

func (h *hold) release() {
	if h != nil {
		h.passing.Store(true)
		close(h.over)
	}
}

// released reports whether calls are not part of the history any more.
func (h *hold) released() bool { return h != nil && h.passing.Load() }

func (h *hold) keptOne() <-chan struct{} {
	if h == nil {
		return nil
	}
	return h.kept
}

// converse lets callers make calls, all at the same time, and returns the calls
// that returned and those that did not. It waits until every caller is through
// or held; one that is neither for as long as the arena is patient is stuck.
func (a *arena) converse(callers, calls int) (history, open []porcupine.Operation, stuck bool) {
	var clock atomic.Int64
	diaries := make([]diary, callers)
	through := make(chan struct{}, callers)
	start := make(chan struct{})
	for i := range diaries {
		plan := a.plan(calls)
		a.callers.Add(1)
		go func() {
			defer a.callers.Done()
			<-start
			for _, in := range plan {
				if a.hold.released() {
					return
				}
				a.record(&diaries[i], &clock, i, in)
			}
			through <- struct{}{}
		}()
	}
	close(start)
	stuck = a.await(through, callers)
	for i := range diaries {
		d := &diaries[i]
		d.mu.Lock()
		history = append(history, d.calls...)
		if d.open != nil {
			open = append(open, *d.open)
		}
		d.mu.Unlock()
	}
	return history, open, stuck
}

// await waits for all callers, one of which may be held, and reports whether
// that was in vain.
func (a *arena) await(through <-chan struct{}, callers int) (stuck bool) {
	timer := time.NewTimer(a.patience)
	defer timer.Stop()
	for range callers {
		select {
		case <-through:
		case <-a.hold.keptOne():
		case <-timer.C:
			return true
		}
	}
	return false
}

// record makes a call and writes down what it is in the history: for a sweep, all
// of its steps at the same time.
func (a *arena) record(d *diary, clock *atomic.Int64, client int, in asked) {
	called := clock.Add(1)
	d.begin(porcupine.Operation{ClientId: client, Input: in, Call: called, Output: said{open: true}, Return: math.MaxInt64})
	out := a.make(in)
	returned := clock.Add(1)
	var steps []porcupine.Operation
	add := func(in asked, out said) {
		steps = append(steps, porcupine.Operation{ClientId: client, Input: in, Call: called, Output: out, Return: returned})
	}
	add(in, out)
	for _, e := range out.swept {
		add(asked{op: "Expire", token: e.Token, now: in.now}, a.expired(e, true))
	}
	d.end(steps)
}
