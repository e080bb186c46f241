package broker_test

import (
	"context"
	"testing"
	"time"

	"github.com/handoff-go/handoff/backend"
	"github.com/handoff-go/handoff/broker"
	"github.com/handoff-go/handoff/fallback"
	"github.com/handoff-go/handoff/internal/fdpass"
	"github.com/handoff-go/handoff/internal/socktest"
	"github.com/handoff-go/handoff/wire"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// The registry expires nothing behind the drain's back.
func TestNothingExpiresWhileTheReaderIsStopped(t *testing.T) {
	o, reached, resume := stopping(quick(), broker.OpReadClock)
	w := newWorld(t, o)
	p := w.peer()
	c := w.dial()
	c.hello(t, "")
	p.offer()
	<-reached
	time.Sleep(2 * quick().AckDeadline)
	require.Equal(t, 1, w.broker.Stats().Registry.Pending)
	close(resume)
	c.fallback(t)
	require.EqualValues(t, 1, w.broker.Stats().Registry.Expired)
}

// A backend that let a deadline pass is stuck, and is offered nothing more while its attempt expires.
func TestStuckLinkIsOfferedNothingWhileItsAttemptExpires(t *testing.T) {
	options := quick()
	options.SettleTimeout = 50 * time.Millisecond // also how long Handoff waits for a busy backend
	o, reached, resume := stopping(options, broker.OpExpire)
	w := newWorld(t, o)
	p := w.peer()
	c := w.dial()
	c.hello(t, "")
	p.offer()
	<-reached
	_, server := socktest.TCPPair(t)
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	outcome, err := w.broker.Handoff(ctx, server, broker.Request{Service: service})
	close(resume)
	require.NoError(t, err)
	require.NoError(t, outcome.Conn.Close())
	require.Zero(t, outcome.Attempts)
}

// Other clients are served while one link is stuck in the middle of a step.
func TestStoppedLinkKeepsNobodyElseWaiting(t *testing.T) {
	options := patient()
	options.MaxPerLink = 2
	o, reached, resume := stopping(options, broker.OpReadAck)
	w := newWorld(t, o)
	p := w.peer()
	first, second, third := w.dial(), w.dial(), w.dial()
	first.hello(t, "")
	p.ack(p.offer())
	<-reached
	for _, c := range []*client{second, third} {
		c.hello(t, "") // these fill the link, which has room for two beside the taken one
		p.offer()
	}
	w.echoBackend("two", backend.Options{})
	for range 3 {
		next := w.dial()
		next.hello(t, "x\n")
		next.ready(t)
		next.hear(t, "two: x")
	}
	close(resume)
	require.Equal(t, broker.Adopted, w.outcome().Kind)
	p.die()
}

// The clock is read before the queue. What became due while the queue was read, or just
// after it was found empty, may have an ACK in it by now.
func TestWhatBecomesDueAfterTheDrainIsNotExpired(t *testing.T) {
	options := broker.Options{AckDeadline: time.Second, Margin: -1, PingInterval: -1}
	o, reached, resume := stopping(options, broker.OpDrain)
	w := newWorld(t, o)
	p := w.peer()
	first, second := w.dial(), w.dial()
	first.hello(t, "")
	one := p.offer()
	time.Sleep(options.AckDeadline / 2)
	second.hello(t, "")
	two := p.offer()
	<-reached // one is due, and the queue is empty
	p.ack(two)
	p.sayReady(two, "mine") // inside its lease
	w.echoBackend("two", backend.Options{})
	time.Sleep(options.AckDeadline) // now it is over
	close(resume)
	p.revoke(one)
	p.released(one)
	require.Equal(t, wire.Revoke(two.name()), *p.read().(*wire.Revoke))
	second.ready(t)
	second.hear(t, "mine")
	second.ended(t)
	first.ready(t)
	require.EqualValues(t, 1, w.broker.Stats().Fenced)
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
	outcome := w.outcome()
	require.Equal(t, broker.Fenced, outcome.Kind)
	require.Equal(t, fallback.BackendAckTimeout, outcome.Decision.Reason)
	_, err := fdpass.TryWrite(o.fd, []byte("x"))
	require.ErrorIs(t, err, unix.EPIPE) // the fence reaches the backend's copy
	c.ready(t)                          // one story only
	c.hear(t, "mine")
	c.ended(t)
	require.EqualValues(t, 1, w.broker.Stats().Registry.Expired)
}
