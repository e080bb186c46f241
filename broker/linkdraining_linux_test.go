package broker_test

import (
	"testing"

	"github.com/handoff-go/handoff/backend"
	"github.com/handoff-go/handoff/wire"
	"github.com/stretchr/testify/require"
)

func TestDrainingBackendIsOfferedNothing(t *testing.T) {
	w := newWorld(t, patient())
	p := w.peer()
	c := w.dial()
	c.hello(t, "")
	o := p.offer()
	p.send(&wire.Draining{})
	w.sync(p)
	w.echoBackend("two", backend.Options{})
	next := w.dial()
	next.hello(t, "x\n")
	next.ready(t)
	next.hear(t, "two: x")
	p.ack(o)
	p.commit(o)
	bye, ok := p.read().(*wire.Bye) // nothing more will come
	require.True(t, ok)
	require.Equal(t, wire.ByeClosing, bye.Reason)
}

// sync waits until the broker has read everything that p sent.
func (w *world) sync(p *peer) {
	w.t.Helper()
	p.send(&wire.Ping{Nonce: 1})
	_, ok := p.read().(*wire.Pong)
	require.True(w.t, ok)
}

func TestNackOfADrainingBackendStopsOffers(t *testing.T) {
	w := newWorld(t, patient())
	p := w.peer()
	c := w.dial()
	c.hello(t, "")
	p.nack(p.offer(), wire.ReasonDraining)
	require.Equal(t, wire.ReasonBackendRejected, c.fallback(t).Reason)
	c = w.dial()
	c.hello(t, "")
	require.Equal(t, wire.ReasonBackendGone, c.fallback(t).Reason)
}
