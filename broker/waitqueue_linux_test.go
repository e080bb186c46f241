package broker_test

import (
	"context"
	"io"
	"net"
	"testing"
	"time"

	"github.com/handoff-go/handoff/backend"
	"github.com/handoff-go/handoff/broker"
	"github.com/handoff-go/handoff/broker/route"
	"github.com/handoff-go/handoff/internal/socktest"
	"github.com/handoff-go/handoff/wire"
	"github.com/stretchr/testify/require"
)

// busy returns a broker whose only backend, made by hand, takes one offer at a time.
func busy(t *testing.T, settle time.Duration) (*world, *peer) {
	o := patient()
	o.MaxPerLink = 1
	o.SettleTimeout = settle
	w := newWorld(t, o)
	return w, w.peer()
}

// awaitInFlight waits until that many connections are undecided.
func (w *world) awaitInFlight(n int) {
	w.t.Helper()
	require.Eventually(w.t, func() bool { return w.broker.Stats().InFlight == n }, 30*time.Second, time.Millisecond)
}

// Clients that wait for a busy backend are served in the order in which they came.
func TestWaitingClientsAreServedInOrder(t *testing.T) {
	w, p := busy(t, time.Minute)
	var clients []*client
	join := func() {
		c := w.dial()
		c.hello(t, "")
		clients = append(clients, c)
		w.awaitInFlight(len(clients))
		time.Sleep(5 * time.Millisecond) // it is admitted, and in the queue a moment later
	}
	for range 10 {
		join()
	}
	current := p.offer()
	for i := 0; i < len(clients); i++ {
		require.True(t, current.ReadyToken.Equal(clients[i].token), "client %d", i)
		if i == len(clients)-1 {
			p.ack(current)
			p.commit(current)
			break
		}
		p.ack(current)
		current = p.offerAndCommit(current)
	}
}

// When the first in the queue gives up, the next has its turn.
func TestClientThatGivesUpKeepsNoOtherWaiting(t *testing.T) {
	w, p := busy(t, time.Minute)
	address := w.plain(route.Fixed(service))
	first := w.dial()
	first.hello(t, "")
	current := p.offer()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	_, server := socktest.TCPPair(t)
	go func() { // it is the first in the queue, until its ctx ends
		o, err := w.broker.Handoff(ctx, server, broker.Request{Service: service})
		if err == nil {
			err = o.Conn.Close()
		}
		done <- err
	}()
	w.awaitInFlight(2)
	time.Sleep(5 * time.Millisecond)
	second := dialTCP(t, address)
	w.awaitInFlight(3)
	cancel()
	require.NoError(t, <-done)
	p.ack(current)
	current = p.offerAndCommit(current)
	p.ack(current)
	p.commit(current)
	p.say(current, "at last")
	b := make([]byte, 7)
	_, err := io.ReadFull(second, b)
	require.NoError(t, err)
	require.Equal(t, "at last", string(b))
	p.die() // Shutdown would wait for it
}

// A plain client would be disconnected, so it waits longer than SettleTimeout.
func TestPlainClientWaitsForABusyBackend(t *testing.T) {
	w, p := busy(t, time.Millisecond)
	address := w.plain(route.Fixed(service))
	first := dialTCP(t, address)
	current := p.offer()
	second := dialTCP(t, address)
	w.awaitInFlight(2)
	explicit := w.dial()
	explicit.hello(t, "")
	explicit.fallback(t) // which has waited, and does not any more
	p.ack(current)
	current = p.offerAndCommit(current)
	p.ack(current)
	p.commit(current)
	p.say(current, "at last")
	b := make([]byte, 7)
	_, err := io.ReadFull(second, b)
	require.NoError(t, err)
	require.NoError(t, first.Close())
}

// When the last backend goes its queue is closed, and clients that waited are told to reconnect. A
// new backend has a new queue.
func TestQueueEndsWithTheLastBackend(t *testing.T) {
	w, p := busy(t, time.Minute)
	first, second, third := w.dial(), w.dial(), w.dial()
	first.hello(t, "x\n")
	p.offer()
	second.hello(t, "x\n")
	third.hello(t, "x\n")
	w.awaitInFlight(3)
	p.die()
	for _, c := range []*client{first, second, third} {
		c.fallback(t)
	}
	w.echoBackend("new", backend.Options{})
	c := w.dial()
	c.hello(t, "x\n")
	c.ready(t)
	c.hear(t, "new: x")
}

// Hundreds of clients wait for a backend that takes one at a time, and all are served.
func TestHundredsOfWaitingClientsAreServed(t *testing.T) {
	o := patient()
	o.MaxPerLink = 1
	w := newWorld(t, o)
	w.echoBackend("one", backend.Options{})
	address := w.plain(route.Fixed(service))
	const many = 500
	var conns []net.Conn
	for range many {
		conns = append(conns, dialTCP(t, address))
	}
	for _, c := range conns {
		_, err := io.WriteString(c, "x\n")
		require.NoError(t, err)
		hear(t, c, "one: x")
	}
	w.awaitInFlight(0)
	require.EqualValues(t, many, w.broker.Stats().Adopted)
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
