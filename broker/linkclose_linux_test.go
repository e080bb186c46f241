package broker_test

import (
	"sync"
	"testing"
	"time"

	"github.com/handoff-go/handoff/backend"
	"github.com/handoff-go/handoff/broker"
	"github.com/handoff-go/handoff/wire"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

func TestAckAfterTheLinkIsDroppedCannotBeSent(t *testing.T) {
	o := patient()
	o.PingInterval = shortPing
	o, reached, resume := stopping(o, broker.OpDropLink)
	w := newWorld(t, o)
	p := w.peer()
	c := w.dial()
	c.hello(t, "")
	offer := p.offer()
	ack := wire.Ack{Token: offer.Token, Accepted: true, CorrelationID: offer.CorrelationID}
	<-reached
	_, err := p.link.SendAll(ack.Append(nil), -1, time.Now().Add(time.Second))
	require.ErrorIs(t, err, unix.EPIPE) // its sends fail from here on
	close(resume)
	require.Equal(t, wire.ReasonBackendGone, c.fallback(t).Reason)
}

// The ACK is in the queue when the broker gives the link up: it comes after the last look
// at the queue that found no pong.
func TestAckBeforeTheLinkIsDroppedCounts(t *testing.T) {
	o := patient()
	o.PingInterval = shortPing
	once := sync.Once{}
	stopped, resume := make(chan bool), make(chan struct{})
	o.Trace = func(e broker.Event) { // of the link's reader alone
		if e.Op == broker.OpDrain {
			once.Do(func() {
				stopped <- true
				<-resume
			})
		}
	}
	w := newWorld(t, o)
	p := w.peer()
	c := w.dial()
	c.hello(t, "")
	offer := p.offer()
	<-stopped // a ping has no pong, and the link is about to be dropped
	require.Zero(t, w.broker.Stats().Adopted)
	p.ack(offer)
	p.sayReady(offer, "mine")
	close(resume)
	require.Equal(t, broker.Adopted, w.outcome().Kind)
	c.ready(t)
	c.hear(t, "mine")
}

func TestBackendThatDiesHoldingGivesTheConnectionBack(t *testing.T) {
	w := newWorld(t, patient())
	p := w.peer()
	c := w.dial()
	c.hello(t, "hello\n")
	p.offer()
	w.echoBackend("two", backend.Options{})
	p.die()
	c.ready(t)
	c.hear(t, "two: hello")
	require.EqualValues(t, 1, w.broker.Stats().Registry.Abandoned)
}

func TestAckBeforeTheEndOfTheLinkCounts(t *testing.T) {
	w := newWorld(t, patient())
	p := w.peer()
	c := w.dial()
	c.hello(t, "")
	o := p.offer()
	p.sayReady(o, "mine")
	p.ack(o)
	p.die()
	require.Equal(t, broker.Adopted, w.outcome().Kind)
	c.ready(t)
	c.hear(t, "mine")
	c.ended(t)
}

func TestStreamThatCannotBeReadIsFenced(t *testing.T) {
	w := newWorld(t, patient())
	p := w.peer()
	c := w.dial()
	c.hello(t, "")
	p.offer()
	p.write([]byte("garbage"))
	c.ended(t)
	require.Equal(t, broker.Fenced, w.outcome().Kind)
	p.gone()
}

func TestDroppedLinkSettlesWhenItsBackendHangsUp(t *testing.T) {
	o := patient()
	o.PingInterval = shortPing
	o.SettleTimeout = 10 * time.Second
	w := newWorld(t, o)
	p := w.peer()
	c := w.dial()
	c.hello(t, "hello\n")
	p.offer()
	w.echoBackend("two", backend.Options{})
	require.Eventually(t, func() bool { return w.broker.Stats().Registry.Abandoned == 1 }, hang, time.Millisecond)
	p.die()
	c.ready(t)
	c.hear(t, "two: hello")
}

// The broker's own end of a link is not its backend's: a holder that does not hang up has
// not closed its copy.
func TestDroppedLinkOfAStuckHolderSettlesNothing(t *testing.T) {
	o := patient()
	o.PingInterval = shortPing
	o.SettleTimeout = 300 * time.Millisecond
	w := newWorld(t, o)
	p := w.peer()
	c := w.dial()
	c.hello(t, "hello\n")
	p.offer() // and nothing more: neither pong nor end
	two := w.echoBackend("two", backend.Options{})
	require.Equal(t, wire.ReasonBackendGone, c.fallback(t).Reason)
	require.Equal(t, broker.Fallback, w.outcome().Kind)
	require.Zero(t, two.Stats().Offers)
}
