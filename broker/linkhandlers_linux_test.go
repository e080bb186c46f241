package broker_test

import (
	"testing"

	"github.com/handoff-go/handoff/backend"
	"github.com/handoff-go/handoff/broker"
	"github.com/stretchr/testify/require"
)

func TestAckInTimeIsCommitted(t *testing.T) {
	w := newWorld(t, patient())
	p := w.peer()
	c := w.dial()
	c.hello(t, "")
	o := p.offer()
	require.NotZero(t, o.ServeBy)
	require.True(t, o.ReadyToken.Equal(c.token))
	p.ack(o)
	p.commit(o)
	p.sayReady(o, "mine")
	c.ready(t)
	c.hear(t, "mine")
	require.Equal(t, broker.Adopted, w.outcome().Kind)
	p.die()
	c.ended(t) // the broker's copy is closed
}

func TestAckOfAnEndedAttemptFencesNobody(t *testing.T) {
	w := newWorld(t, quick())
	p := w.peer()
	c := w.dial()
	c.hello(t, "hello\n")
	o := p.offer()
	w.echoBackend("two", backend.Options{})
	p.revoke(o)
	p.ack(o) // too late: it has ended
	p.released(o)
	c.ready(t)
	c.hear(t, "two: hello")
	p.ack(o) // and once more, when the other one owns
	w.sync(p)
	c.ask(t, "alive", "two: alive")
}

func TestReplayedAckEndsNothing(t *testing.T) {
	w := newWorld(t, patient())
	p := w.peer()
	c := w.dial()
	c.hello(t, "")
	o := p.offer()
	p.ack(o)
	p.commit(o)
	p.ack(o)
	w.sync(p)
	p.sayReady(o, "mine")
	c.ready(t)
	c.hear(t, "mine")
	require.EqualValues(t, 1, w.broker.Stats().Registry.Acknowledged)
}

func TestAckOnAnotherLinkEndsNothing(t *testing.T) {
	w := newWorld(t, patient())
	p := w.peer()
	c := w.dial()
	c.hello(t, "")
	o := p.offer()
	other := w.peer()
	other.ack(o)
	w.sync(other)
	require.Equal(t, 1, w.broker.Stats().Registry.Pending)
	p.ack(o)
	p.commit(o)
	require.Equal(t, broker.Adopted, w.outcome().Kind)
}

func TestAckWithAnotherTokenEndsNothing(t *testing.T) {
	w := newWorld(t, patient())
	p := w.peer()
	c := w.dial()
	c.hello(t, "")
	o := p.offer()
	forged := o
	forged.Token = o.ReadyToken
	p.ack(forged)
	w.sync(p)
	p.ack(o)
	p.commit(o)
}
