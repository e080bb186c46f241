package broker_test

import (
	"context"
	"errors"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/handoff-go/handoff/backend"
	"github.com/handoff-go/handoff/broker"
	"github.com/handoff-go/handoff/wire"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

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
	require.Equal(t, broker.Adopted, (<-w.outcomes).Kind)
	c.ready(t)
	c.hear(t, "mine")
}

// A connection that came back obeys its deadlines, whatever a holder did to its flags,
// and whenever.
func TestConnectionThatCameBackObeysItsDeadlines(t *testing.T) {
	t.Run("rejected", func(t *testing.T) {
		obeysDeadlines(t, patient(), func(p *peer, o offer) {
			require.NoError(t, unix.SetNonblock(o.fd, false))
			p.nack(o, wire.ReasonBusy)
		})
	})
	t.Run("released", func(t *testing.T) {
		settling := broker.Options{AckDeadline: 100 * time.Millisecond, SettleTimeout: 30 * time.Second, Attempts: 1}
		obeysDeadlines(t, settling, func(p *peer, o offer) {
			p.revoke(o)                      // so the connection is back, and the holder's copy is not closed
			time.Sleep(5 * time.Millisecond) // for a flag that is set too early
			require.NoError(t, unix.SetNonblock(o.fd, false))
			p.released(o)
		})
	})
}

// obeysDeadlines hands a connection over, has the holder give it back, and reads it.
func obeysDeadlines(t *testing.T, options broker.Options, giveBack func(*peer, offer)) {
	w := newWorld(t, options)
	p := w.peer()
	_, server := tcpPair(t)
	back := make(chan broker.Outcome, 1)
	go func() {
		o, _ := w.broker.Handoff(context.Background(), server, broker.Request{Service: service})
		back <- o
	}()
	giveBack(p, p.offer())
	conn := (<-back).Conn
	require.NoError(t, conn.SetReadDeadline(time.Now().Add(20*time.Millisecond)))
	read := make(chan error, 1)
	go func() {
		_, err := conn.Read(make([]byte, 1))
		read <- err
	}()
	select {
	case err := <-read:
		require.True(t, errors.Is(err, os.ErrDeadlineExceeded))
	case <-time.After(5 * time.Second):
		require.Fail(t, "the read hangs past its deadline")
	}
	require.NoError(t, conn.Close())
}

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
	require.Equal(t, broker.Adopted, (<-w.outcomes).Kind)
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

func TestHolderSettlesByANack(t *testing.T) {
	o := quick()
	o.SettleTimeout = 20 * time.Second
	w := newWorld(t, o)
	p := w.peer()
	c := w.dial()
	c.hello(t, "x\n")
	offer := p.offer()
	w.echoBackend("two", backend.Options{})
	p.revoke(offer)
	p.nack(offer, wire.ReasonBusy) // it was on its way
	c.ready(t)
	c.hear(t, "two: x")
}

func TestHolderSettlesByTheEndOfItsLink(t *testing.T) {
	o := quick()
	o.SettleTimeout = 20 * time.Second
	w := newWorld(t, o)
	p := w.peer()
	c := w.dial()
	c.hello(t, "x\n")
	offer := p.offer()
	w.echoBackend("two", backend.Options{})
	p.revoke(offer)
	p.die()
	c.ready(t)
	c.hear(t, "two: x")
}

func TestClientWaitsForABusyBackend(t *testing.T) {
	o := patient()
	o.MaxPerLink = 1
	o.SettleTimeout = 10 * time.Second
	w := newWorld(t, o)
	p := w.peer()
	first, second := w.dial(), w.dial()
	first.hello(t, "")
	one := p.offer()
	second.hello(t, "")
	p.ack(one)
	two := p.offerAndCommit(one)
	p.ack(two)
	p.sayReady(two, "at last")
	second.ready(t)
	second.hear(t, "at last")
}

// offerAndCommit reads the commit of one attempt and the offer of another, which may
// come in any order.
func (p *peer) offerAndCommit(one offer) offer {
	p.t.Helper()
	commit, next := p.read(), p.read()
	if _, early := commit.(*wire.Offer); early {
		commit, next = next, commit
	}
	require.Equal(p.t, (*wire.Commit)(ptr(one.name())), commit)
	return p.takeOffer(next)
}

func TestClientThatWaitsForABusyBackendGetsANewOne(t *testing.T) {
	o := patient()
	o.MaxPerLink = 1
	o.SettleTimeout = 10 * time.Second
	w := newWorld(t, o)
	p := w.peer()
	first, second := w.dial(), w.dial()
	first.hello(t, "")
	p.offer()
	second.hello(t, "x\n")
	w.echoBackend("new", backend.Options{})
	second.ready(t)
	second.hear(t, "new: x")
	p.die()
	first.ready(t)
}
