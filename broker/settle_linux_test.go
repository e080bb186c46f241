package broker_test

import (
	"slices"
	"testing"
	"time"

	"github.com/handoff-go/handoff/backend"
	"github.com/handoff-go/handoff/broker"
	"github.com/handoff-go/handoff/wire"
	"github.com/stretchr/testify/require"
)

func TestExpiredOfferGoesOnWhenItsHolderHasLetGo(t *testing.T) {
	w := newWorld(t, quick())
	p := w.peer()
	c := w.dial()
	c.hello(t, "hello\n")
	o := p.offer()
	w.echoBackend("two", backend.Options{})
	p.revoke(o)
	p.released(o)
	c.ready(t)
	c.hear(t, "two: hello")
	require.Equal(t, broker.Adopted, w.outcome().Kind)
	require.EqualValues(t, 1, w.broker.Stats().Registry.Expired)
}

func TestConnectionOfAStuckHolderIsNotOfferedAgain(t *testing.T) {
	w := newWorld(t, quick())
	p := w.peer()
	c := w.dial()
	c.hello(t, "hello\n")
	o := p.offer()
	two := w.echoBackend("two", backend.Options{})
	f := c.fallback(t) // the end comes through although the holder has a copy
	require.Equal(t, wire.ReasonBackendAckTimeout, f.Reason)
	require.Equal(t, broker.Fallback, w.outcome().Kind)
	require.Zero(t, two.Stats().Offers)
	p.revoke(o)

	// While it is stuck its link gets no offers.
	next := w.dial()
	next.hello(t, "again\n")
	next.ready(t)
	next.hear(t, "two: again")
}

// revokedHolder returns a backend that holds an offer which expired and was revoked, and its client,
// with a second backend that is offered the connection when the first one has settled.
func revokedHolder(t *testing.T) (*peer, offer, *client) {
	o := quick()
	o.SettleTimeout = 20 * time.Second
	w := newWorld(t, o)
	p := w.peer()
	c := w.dial()
	c.hello(t, "x\n")
	offer := p.offer()
	w.echoBackend("two", backend.Options{})
	p.revoke(offer)
	return p, offer, c
}

func TestHolderSettlesByANack(t *testing.T) {
	p, offer, c := revokedHolder(t)
	p.nack(offer, wire.ReasonBusy) // it was on its way
	c.ready(t)
	c.hear(t, "two: x")
}

func TestHolderSettlesByTheEndOfItsLink(t *testing.T) {
	p, _, c := revokedHolder(t)
	p.die()
	c.ready(t)
	c.hear(t, "two: x")
}

// A backend that takes offers and says nothing is offered one connection, and no other
// before it lets go of that: so it costs one client a fallback, and everybody else is
// served by who is sound. If the sound backend misses a deadline, the machine is too slow for
// that deadline and the run shows nothing: the next run has a longer one.
func TestSilentBackendCostsOneHandoff(t *testing.T) {
	for _, deadline := range []time.Duration{100 * time.Millisecond, 500 * time.Millisecond, 4 * time.Second} {
		shown := false
		t.Run(deadline.String(), func(t *testing.T) { shown = silentBackendsCostOneEach(t, deadline) })
		if shown || t.Failed() {
			return
		}
	}
	require.Fail(t, "the sound backend missed every deadline")
}

// silentBackendsCostOneEach reports whether the sound backend was in time for everybody. If it
// was not, nothing is asserted.
func silentBackendsCostOneEach(t *testing.T, deadline time.Duration) bool {
	const silent, clients = 6, 30
	h := new(history)
	o := broker.Options{AckDeadline: deadline, PingInterval: -1, SettleTimeout: 10 * time.Millisecond, Trace: h.add}
	w := newWorld(t, o)
	var peers []*peer
	for range silent {
		peers = append(peers, w.peer())
	}
	w.echoBackend("sound", backend.Options{})
	const linkOfSound = silent + 1 // they are numbered as they link
	var reasons []wire.Reason
	for range clients {
		c := w.dial()
		c.hello(t, "x\n")
		switch m := readMessage(t, c).(type) {
		case *wire.Ready:
			c.hear(t, "sound: x")
		case *wire.Fallback:
			reasons = append(reasons, m.Reason)
		}
		c.Close()
	}
	w.awaitInFlight(0)
	if h.on(broker.OpExpire, linkOfSound) > 0 {
		return false
	}
	require.Equal(t, slices.Repeat([]wire.Reason{wire.ReasonBackendAckTimeout}, silent), reasons)
	for _, p := range peers {
		current := p.offer()
		p.revoke(current)
		w.sync(p) // nothing else came
		p.released(current)
		w.sync(p)
	}
	s := w.broker.Stats()
	require.EqualValues(t, silent, s.Registry.Expired)
	require.EqualValues(t, clients-silent, s.Adopted)
	return true
}
