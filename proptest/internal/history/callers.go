package history

import (
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/handoff-go/handoff/proptest/internal/race"
)

// callLog is what one caller did. Each caller has its own, so that they share nothing but the
// registry and the clock: a common lock would order calls that the registry must order itself.
type callLog struct {
	mu       sync.Mutex
	returned []porcupine.Operation
	open     *porcupine.Operation // the call in progress, as one that returns at the end of time
}

// start records a call before it is made.
func (l *callLog) start(op porcupine.Operation) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open = &op
}

// finish records what the call in progress did, as one operation or several.
func (l *callLog) finish(steps []porcupine.Operation) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.returned, l.open = append(l.returned, steps...), nil
}

// recorder records the history of one run.
type recorder struct {
	*race.Run
	gate     *gate
	patience time.Duration // how long a call may take that the gate does not stop
	callers  sync.WaitGroup
	tally    *tally
}

// record lets callers make calls, all at the same time. It returns the calls that returned and
// those that did not. It waits until every caller is done or stopped by the gate; stuck says that
// one was neither for as long as the recorder's patience.
func (r *recorder) record(callers, calls int) (returned, open []porcupine.Operation, stuck bool) {
	var clock atomic.Int64
	logs := make([]callLog, callers)
	done := make(chan struct{}, callers)
	start := make(chan struct{})
	for i := range logs {
		plan := plan(r.Rand, calls, r.Seed%2 == 0)
		r.callers.Add(1)
		go func() {
			defer r.callers.Done()
			<-start
			for _, in := range plan {
				if r.gate.released() {
					return
				}
				r.recordCall(&logs[i], &clock, i, in)
			}
			done <- struct{}{}
		}()
	}
	close(start)
	stuck = r.await(done, callers)
	for i := range logs {
		l := &logs[i]
		l.mu.Lock()
		returned = append(returned, l.returned...)
		if l.open != nil {
			open = append(open, *l.open)
		}
		l.mu.Unlock()
	}
	return returned, open, stuck
}

// await waits for all callers, one of which may be stopped by the gate. It reports whether its
// patience ended first.
func (r *recorder) await(done <-chan struct{}, callers int) (stuck bool) {
	timer := time.NewTimer(r.patience)
	defer timer.Stop()
	for range callers {
		select {
		case <-done:
		case <-r.gate.blockedOne():
		case <-timer.C:
			return true
		}
	}
	return false
}

// recordCall makes a call and records it. A sweep is recorded as its steps, all at the same time:
// an Expire for each handoff that it returned, and an ExpireOverdue that finds nothing more.
func (r *recorder) recordCall(l *callLog, clock *atomic.Int64, client int, in call) {
	called := clock.Add(1)
	l.start(porcupine.Operation{ClientId: client, Input: in, Call: called, Output: answer{open: true}, Return: math.MaxInt64})
	out := in.do(r.Registry, r.Origin)
	returned := clock.Add(1)
	var steps []porcupine.Operation
	add := func(in call, out answer) {
		steps = append(steps, porcupine.Operation{ClientId: client, Input: in, Call: called, Output: out, Return: returned})
	}
	add(in, out)
	for _, e := range out.swept {
		add(call{op: "Expire", token: e.Token, now: in.now}, expired(e, r.Origin))
	}
	l.finish(steps)
}
