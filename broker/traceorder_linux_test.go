package broker_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/handoff-go/handoff/broker"
	"github.com/handoff-go/handoff/wire"
	"github.com/stretchr/testify/require"
)

// Options.Trace promises that the broker does not act on a step before it is traced. What lets it
// offer a connection again is that the holder has closed its copy: while that step is being traced,
// the goroutine that waits for it must not go on. A trace that takes long gives it the time to.
func TestHolderIsSettledOnlyAfterTheStepIsTraced(t *testing.T) {
	cases := map[broker.Op]func(*peer, offer){
		broker.OpReadReleased: func(p *peer, o offer) { p.released(o) },
		broker.OpReadNack:     func(p *peer, o offer) { p.nack(o, wire.ReasonBusy) },
		broker.OpLinkEnd:      func(p *peer, _ offer) { p.die() },
	}
	for step, letGo := range cases {
		t.Run(string(step), func(t *testing.T) {
			o := broker.Options{AckDeadline: 100 * time.Millisecond, SettleTimeout: hang, PingInterval: -1}
			settled, early := make(chan struct{}), make(chan bool, 1)
			var once, stop sync.Once
			o.Trace = func(e broker.Event) {
				switch e.Op {
				case broker.OpSettle:
					once.Do(func() { close(settled) })
				case step:
					stop.Do(func() {
						select {
						case <-settled:
							early <- true
						case <-time.After(50 * time.Millisecond):
							early <- false
						}
					})
				}
			}
			w := newWorld(t, o)
			p := w.peer()
			c := w.dial()
			c.hello(t, "")
			offer := p.offer()
			p.revoke(offer)
			letGo(p, offer)
			require.False(t, <-early, "Settle came while %s was traced", step)
			<-settled
			c.fallback(t)
		})
	}
}

// The first in the queue is told of free capacity only after the step that freed it is traced.
func TestQueueIsToldOfCapacityAfterTheStepIsTraced(t *testing.T) {
	cases := map[broker.Op]func(*peer, offer){
		broker.OpReadAck:  func(p *peer, o offer) { p.ack(o) },
		broker.OpReadNack: func(p *peer, o offer) { p.nack(o, wire.ReasonBusy) },
	}
	for step, end := range cases {
		t.Run(string(step), func(t *testing.T) {
			// Who joins the queue looks once without being told. On a busy machine that may be late,
			// while the step is traced: such a run shows nothing, and is repeated.
			for range 5 {
				if !offeredWhileTraced(t, step, end) {
					return
				}
			}
			require.Fail(t, "the queued connection was offered first", "while %s was traced", step)
		})
	}
}

// offeredWhileTraced reports whether a queued connection is offered while the step is traced by which
// another one leaves its link.
func offeredWhileTraced(t *testing.T, step broker.Op, end func(*peer, offer)) bool {
	o := broker.Options{AckDeadline: hang, SettleTimeout: hang, MaxPerLink: 1, PingInterval: -1}
	offered, early := make(chan struct{}), make(chan bool, 1)
	var offers atomic.Int32
	var once sync.Once
	o.Trace = func(e broker.Event) {
		switch e.Op {
		case broker.OpSendOffer:
			if offers.Add(1) == 2 {
				close(offered)
			}
		case step:
			once.Do(func() {
				select {
				case <-offered:
					early <- true
				case <-time.After(50 * time.Millisecond):
					early <- false
				}
			})
		}
	}
	w := newWorld(t, o)
	p := w.peer()
	w.dial().hello(t, "")
	first := p.offer()
	w.dial().hello(t, "")
	w.awaitInFlight(2)
	time.Sleep(20 * time.Millisecond) // it is in the queue, and has looked
	end(p, first)
	result := <-early
	<-offered
	p.die()
	return result
}

// A step that is long in being traced is no holder that is stuck.
func TestTraceThatTakesLongIsNoStuckHolder(t *testing.T) {
	o := broker.Options{AckDeadline: 100 * time.Millisecond, SettleTimeout: 300 * time.Millisecond, PingInterval: -1}
	settled := make(chan error, 1)
	o.Trace = func(e broker.Event) {
		switch e.Op {
		case broker.OpReadReleased:
			time.Sleep(2 * o.SettleTimeout)
		case broker.OpSettle:
			settled <- e.Err
		}
	}
	w := newWorld(t, o)
	p := w.peer()
	c := w.dial()
	c.hello(t, "")
	offer := p.offer()
	p.revoke(offer)
	p.released(offer)
	require.NoError(t, <-settled)
	c.fallback(t)
}

// No outcome is reported before the last step that led to it was traced.
func TestOutcomeIsReportedAfterItsSteps(t *testing.T) {
	cases := map[string]struct {
		kind broker.Kind
		last []broker.Op
		play func(*testing.T, *world)
	}{
		"adopted": {broker.Adopted, []broker.Op{broker.OpSendCommit, broker.OpCloseCopy}, func(t *testing.T, w *world) {
			p, c := w.peer(), w.dial()
			c.hello(t, "")
			p.ack(p.offer())
		}},
		"fenced": {broker.Fenced, []broker.Op{broker.OpFence, broker.OpSendRevoke, broker.OpCloseCopy}, func(t *testing.T, w *world) {
			p, c := w.peer(), w.dial()
			c.hello(t, "")
			p.offer()
			p.write([]byte("GET / HTTP/1.1\r\n"))
		}},
		"fallback": {broker.Fallback, []broker.Op{broker.OpSendFallback, broker.OpEndConn}, func(t *testing.T, w *world) {
			c := w.dial()
			c.hello(t, "")
			c.fallback(t)
		}},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			o := patient()
			var mu sync.Mutex
			var early []broker.Op
			var w *world
			ready := make(chan struct{})
			traced := map[broker.Op]int{}
			o.Trace = func(e broker.Event) {
				<-ready
				mu.Lock()
				defer mu.Unlock()
				traced[e.Op]++
				for _, op := range test.last {
					if e.Op == op && len(w.outcomes) > 0 {
						early = append(early, op)
					}
				}
			}
			w = newWorld(t, o)
			close(ready)
			test.play(t, w)
			require.Equal(t, test.kind, w.outcome().Kind)
			mu.Lock()
			defer mu.Unlock()
			require.Empty(t, early)
			for _, op := range test.last {
				require.NotZero(t, traced[op], "%s", op)
			}
		})
	}
}
