package broker_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/handoff-go/handoff/backend"
	"github.com/handoff-go/handoff/broker"
	"github.com/handoff-go/handoff/wire"
	"github.com/stretchr/testify/require"
)

// A broker that did not run when its backend answered finds the answer in its queue, and
// the time for it over. The backend is not silent.
func TestPongThatIsUnreadWhenItIsDueCounts(t *testing.T) {
	o := patient()
	o.PingInterval = shortPing
	stopped, goOn := make(chan bool, 1), make(chan struct{})
	resume := sync.OnceFunc(func() { close(goOn) })
	var readings, drops atomic.Int32
	o.Trace = func(e broker.Event) {
		switch {
		case e.Op == broker.OpReadClock && readings.Add(1) == 2: // the first was for the ping
			stopped <- true
			<-goOn
		case e.Op == broker.OpDropLink:
			drops.Add(1)
		}
	}
	w := newWorld(t, o)
	t.Cleanup(resume) // before the broker shuts down
	p := w.peer()
	ping, ok := p.unanswered().(*wire.Ping)
	require.True(t, ok)
	<-stopped
	p.send(&wire.Pong{Nonce: ping.Nonce})
	resume()
	p.send(&wire.Ping{Nonce: 1})
	_, ok = p.read().(*wire.Pong)
	require.True(t, ok, "the link goes on")
	require.Zero(t, drops.Load())
}

// unanswered reads the next message, a ping included.
func (p *peer) unanswered() wire.Message {
	p.t.Helper()
	mode := p.mode
	p.mode = 0
	defer func() { p.mode = mode }()
	return p.read()
}

func TestFrozenBackendLosesItsLink(t *testing.T) {
	o := patient()
	o.PingInterval = shortPing
	w := newWorld(t, o)
	p := w.peer()
	c := w.dial()
	c.hello(t, "hello\n")
	p.offer()
	w.echoBackend("two", backend.Options{})
	// p answers no ping, and cannot close its copy.
	require.Equal(t, wire.ReasonBackendGone, c.fallback(t).Reason)
	require.Eventually(t, func() bool { return w.broker.Stats().Links == 1 }, hang, time.Millisecond)
	require.Equal(t, 1, w.broker.Stats().Links)
}
