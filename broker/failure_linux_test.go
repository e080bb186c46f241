package broker_test

import (
	"testing"
	"time"

	"github.com/handoff-go/handoff/backend"
	"github.com/handoff-go/handoff/broker"
	"github.com/handoff-go/handoff/fallback"
	"github.com/handoff-go/handoff/internal/fdpass"
	"github.com/handoff-go/handoff/wire"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// quick has a short deadline, for tests of what happens at it.
// It is for all backends of a broker: the sound ones answer in time on a busy machine, too.
func quick() broker.Options { return broker.Options{AckDeadline: 300 * time.Millisecond} }

// shortPing is an interval of pings that a test waits out. A backend that answers its pings
// keeps its link, on a busy machine too.
const shortPing = 400 * time.Millisecond

// patient has a deadline that no test comes to.
func patient() broker.Options { return broker.Options{AckDeadline: 20 * time.Second} }

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
	require.Equal(t, broker.Adopted, (<-w.outcomes).Kind)
	p.die()
	c.ended(t) // the broker's copy is closed
}

func TestRejectedOfferGoesToTheNextBackend(t *testing.T) {
	w := newWorld(t, patient())
	p := w.peer()
	c := w.dial()
	c.hello(t, "hello\n")
	o := p.offer()
	w.echoBackend("two", backend.Options{})
	p.nack(o, wire.ReasonBusy)
	c.ready(t)
	c.hear(t, "two: hello")
	outcome := <-w.outcomes
	require.Equal(t, broker.Adopted, outcome.Kind)
	require.Equal(t, 2, outcome.Attempts)
}

func TestNobodyLeftMeansFallback(t *testing.T) {
	o := patient()
	o.Reconnect = "/run/echo"
	w := newWorld(t, o)
	p := w.peer()
	c := w.dial()
	c.hello(t, "")
	require.Equal(t, "/run/echo", c.reply.Negotiated.Address)
	first := p.offer()
	p.nack(first, wire.ReasonBackendRejected)
	f := c.fallback(t)
	require.Equal(t, wire.ReasonBackendRejected, f.Reason)
	outcome := <-w.outcomes
	require.Equal(t, broker.Fallback, outcome.Kind)
	require.Equal(t, fallback.BackendRejected, outcome.Decision.Reason)
}

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
	require.Equal(t, broker.Adopted, (<-w.outcomes).Kind)
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
	require.Equal(t, broker.Fallback, (<-w.outcomes).Kind)
	require.Zero(t, two.Stats().Offers)
	p.revoke(o)

	// While it is stuck its link gets no offers.
	next := w.dial()
	next.hello(t, "again\n")
	next.ready(t)
	next.hear(t, "two: again")
}

// The ACK is in the queue when the deadline is noticed: the drain finds it.
func TestLateAckIsFenced(t *testing.T) {
	options := quick()
	atDeadline, resume := make(chan bool, 10), make(chan bool)
	options.Trace = func(e broker.Event) {
		if e.Op == broker.OpReadClock {
			atDeadline <- true
			<-resume
		}
	}
	w := newWorld(t, options)
	p := w.peer()
	c := w.dial()
	c.hello(t, "hello\n")
	o := p.offer()
	<-atDeadline
	p.ack(o) // sent after its lease, or the broker's clock was read too late
	p.sayReady(o, "mine")
	close(resume)
	p.revoke(o)
	outcome := <-w.outcomes
	require.Equal(t, broker.Fenced, outcome.Kind)
	require.Equal(t, fallback.BackendAckTimeout, outcome.Decision.Reason)
	_, err := fdpass.TryWrite(o.fd, []byte("x"))
	require.ErrorIs(t, err, unix.EPIPE) // the fence reaches the backend's copy
	c.ready(t)                          // one story only
	c.hear(t, "mine")
	c.ended(t)
	require.EqualValues(t, 1, w.broker.Stats().Registry.Expired)
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
	require.Equal(t, broker.Adopted, (<-w.outcomes).Kind)
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
	require.Equal(t, broker.Adopted, (<-w.outcomes).Kind)
	c.ready(t)
	c.hear(t, "mine")
	c.ended(t)
}

func TestPartOfAnAckIsNone(t *testing.T) {
	w := newWorld(t, patient())
	p := w.peer()
	c := w.dial()
	c.hello(t, "")
	o := p.offer()
	ack := wire.Ack{Token: o.Token, Accepted: true, CorrelationID: o.CorrelationID}
	frame := ack.Append(nil)
	p.write(frame[:len(frame)-1])
	p.die()
	require.Equal(t, wire.ReasonBackendGone, c.fallback(t).Reason)
}

func TestHolderThatClearedNonblockHangsNobody(t *testing.T) {
	w := newWorld(t, patient())
	p := w.peer()
	c := w.dial()
	c.hello(t, "")
	o := p.offer()
	require.NoError(t, unix.SetNonblock(o.fd, false))
	p.nack(o, wire.ReasonBackendRejected)
	c.fallback(t)
}

func TestStreamThatCannotBeReadIsFenced(t *testing.T) {
	w := newWorld(t, patient())
	p := w.peer()
	c := w.dial()
	c.hello(t, "")
	p.offer()
	p.write([]byte("garbage"))
	c.ended(t)
	require.Equal(t, broker.Fenced, (<-w.outcomes).Kind)
	p.gone()
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
	require.Equal(t, broker.Fallback, (<-w.outcomes).Kind)
	require.Zero(t, two.Stats().Offers)
}

func TestDescriptorsFromABackendAreClosed(t *testing.T) {
	w := newWorld(t, patient())
	p := w.peer()
	ping := wire.Ping{Nonce: 1}
	_, err := p.link.SendAll(ping.Append(nil), 0, time.Now().Add(time.Second))
	require.NoError(t, err)
	_, ok := p.read().(*wire.Pong)
	require.True(t, ok)
	require.EqualValues(t, 1, w.broker.Stats().Descriptors.Closed)
}
