package broker_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/handoff-go/handoff/broker"
	"github.com/handoff-go/handoff/fallback"
	"github.com/handoff-go/handoff/registry"
	"github.com/stretchr/testify/require"
)

// quick has a short deadline, for tests of what happens at it.
// It is for all backends of a broker: the sound ones answer in time on a busy machine, too.
func quick() broker.Options { return broker.Options{AckDeadline: 300 * time.Millisecond} }

// shortPing is an interval of pings that a test waits out. A backend that answers its pings
// keeps its link, on a busy machine too.
const shortPing = 400 * time.Millisecond

// patient has a deadline that no test comes to.
func patient() broker.Options { return broker.Options{AckDeadline: 20 * time.Second} }

// stopping are options whose broker stops after a step, once: reached says that it did,
// and it goes on when resume is closed.
func stopping(o broker.Options, op broker.Op) (_ broker.Options, reached <-chan broker.Event, resume chan<- struct{}) {
	stopped, goOn := make(chan broker.Event, 1), make(chan struct{})
	var done atomic.Bool // each link's reader asks
	o.Trace = func(e broker.Event) {
		if e.Op == op && done.CompareAndSwap(false, true) {
			stopped <- e
			<-goOn
		}
	}
	return o, stopped, goOn
}

func TestBrokerRefusesOptionsThatMakeNoSense(t *testing.T) {
	for name, o := range map[string]broker.Options{
		"AckDeadline":   {AckDeadline: -1},
		"SettleTimeout": {SettleTimeout: -1},
		"Attempts":      {Attempts: -1},
		"MaxInFlight":   {MaxInFlight: -1},
		"MaxPerLink":    {MaxPerLink: -1},
		"MaxLinks":      {MaxLinks: -1},
		"MaxWaiting":    {MaxWaiting: -1},
		"FirstBytes":    {FirstBytes: -1},
		"Handshake":     {Handshake: -1},
		"Limit":         {Limit: fallback.Policy{MaxFailures: -1}},
		"Services":      {Services: map[string]broker.Service{"No Name": {}}},
	} {
		_, err := broker.New(o)
		var e *broker.OptionError
		require.ErrorAs(t, err, &e)
		require.Equal(t, name, e.Option)
	}
	_, err := broker.New(broker.Options{Services: map[string]broker.Service{"x": {AckDeadline: -1}}})
	require.Error(t, err)
}

func TestRegistryIsTraced(t *testing.T) {
	// Several goroutines of the broker trace.
	var mu sync.Mutex
	var events []registry.Event
	var refs []uint64
	o := patient()
	o.TraceRegistry = func(e registry.Event) {
		mu.Lock()
		defer mu.Unlock()
		events = append(events, e)
	}
	o.Trace = func(e broker.Event) {
		mu.Lock()
		defer mu.Unlock()
		if e.Op == broker.OpBegin || e.Op == broker.OpAcknowledge {
			refs = append(refs, e.Ref)
		}
	}
	w := newWorld(t, o)
	p := w.peer()
	c := w.dial()
	c.hello(t, "")
	offer := p.offer()
	p.ack(offer)
	p.commit(offer)
	w.outcome()
	w.shutdown()
	mu.Lock()
	defer mu.Unlock()
	require.Len(t, refs, 2)
	require.Equal(t, registry.OpBegin, events[0].Op)
	require.Equal(t, registry.OpAcknowledge, events[1].Op)
	for i := range refs {
		require.NotZero(t, refs[i])
		require.Equal(t, events[i].Ref, refs[i])
	}
}
