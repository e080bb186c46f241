package broker_test

import (
	"testing"
	"time"

	"github.com/handoff-go/handoff/backend"
	"github.com/handoff-go/handoff/broker"
	"github.com/handoff-go/handoff/internal/fdpass"
	"github.com/handoff-go/handoff/wire"
	"github.com/stretchr/testify/require"
)

func TestExplicitClientIsAdopted(t *testing.T) {
	w := newWorld(t, broker.Options{})
	w.echoBackend("one", backend.Options{})
	c := w.dial()
	c.hello(t, "early\n")
	require.Equal(t, 3*(time.Second+250*time.Millisecond), c.budget)
	c.ready(t)
	c.hear(t, "one: early")
	c.ask(t, "late", "one: late")
	o := w.outcome()
	require.Equal(t, broker.Adopted, o.Kind)
	require.Equal(t, service, o.Backend.Service)
	require.Equal(t, 1, o.Attempts)
}

// The steps of one handoff, in their order, which is the order of the specification.
func TestStepsOfAHandoff(t *testing.T) {
	w := newWorld(t, patient())
	p := w.peer()
	c := w.dial()
	c.hello(t, "")
	o := p.offer()
	p.ack(o)
	p.commit(o)
	w.outcome()
	require.Equal(t, []broker.Op{
		"LinkUp", "AcceptClient", "ReadHello", "SendReply", "Begin", "SendOffer", "OfferWritten",
		"ReadAck", "Acknowledge", "SendCommit", "CloseCopy",
	}, w.trace.all())
}

// A backend that writes right after its ACK is heard by every client.
func TestBackendThatWritesAtOnceIsHeard(t *testing.T) {
	w := newWorld(t, patient())
	p := w.peer()
	for range 200 {
		c := w.dial()
		c.hello(t, "")
		o := p.offer()
		p.ack(o)
		p.sayReady(o, "at once")
		c.ready(t)
		c.hear(t, "at once")
		p.commit(o)
		p.close(o.fd)
		c.Close()
	}
	for range 200 {
		require.Equal(t, broker.Adopted, w.outcome().Kind)
	}
}

func TestBackendOfAnotherClockIsCommitOnly(t *testing.T) {
	w := newWorld(t, patient())
	p := w.stranger()
	p.send(&wire.LinkHello{Version: wire.LinkVersion, Service: service})
	p.challenge()
	p.welcome()
	require.Equal(t, wire.ModeCommitOnly, p.mode)
	c := w.dial()
	c.hello(t, "")
	o := p.offer()
	require.Zero(t, o.ServeBy)
	p.ack(o)
	p.commit(o)
}

// The namespace alone is not believed.
func TestBackendWhoseClockDiffersIsCommitOnly(t *testing.T) {
	dev, ino, err := fdpass.TimeNamespace()
	require.NoError(t, err)
	w := newWorld(t, patient())
	for _, skew := range []time.Duration{-time.Hour, time.Hour} {
		p := w.stranger()
		p.send(&wire.LinkHello{Version: wire.LinkVersion, Service: service, TimeNamespace: wire.TimeNamespace{Device: dev, Inode: ino}})
		ping, ok := p.read().(*wire.Ping)
		require.True(t, ok)
		clock, err := fdpass.Clock()
		require.NoError(t, err)
		p.send(&wire.Pong{Nonce: ping.Nonce, Clock: uint64(max(0, clock+int64(skew)))})
		p.welcome()
		require.Equal(t, wire.ModeCommitOnly, p.mode)
	}
}

func TestServiceHasItsOwnDeadline(t *testing.T) {
	o := patient()
	o.Services = map[string]broker.Service{service: {AckDeadline: 50 * time.Millisecond}}
	w := newWorld(t, o)
	p := w.peer()
	c := w.dial()
	c.hello(t, "")
	require.Equal(t, 3*(50+250)*time.Millisecond, c.budget)
	offer := p.offer()
	p.revoke(offer)
	p.released(offer)
	require.Equal(t, wire.ReasonBackendAckTimeout, c.fallback(t).Reason)
}
