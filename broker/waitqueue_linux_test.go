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
	"github.com/stretchr/testify/require"
)

// busy is a broker whose only backend, made by hand, has room for one.
func busy(t *testing.T, settle time.Duration) (*world, *peer) {
	o := patient()
	o.MaxPerLink = 1
	o.SettleTimeout = settle
	w := newWorld(t, o)
	return w, w.peer()
}

// under waits until that many connections are on their way.
func (w *world) under(n int) {
	w.t.Helper()
	require.Eventually(w.t, func() bool { return w.broker.Stats().InFlight == n }, 30*time.Second, time.Millisecond)
}

// Who waits for a busy backend is served in order, and who comes later does not go first.
func TestWhoComesFirstIsServedFirst(t *testing.T) {
	w, p := busy(t, time.Minute)
	var clients []*client
	join := func() {
		c := w.dial()
		c.hello(t, "")
		clients = append(clients, c)
		w.under(len(clients))
		time.Sleep(5 * time.Millisecond) // it is on its way, but in line a moment later
	}
	for range 10 {
		join()
	}
	held := p.offer()
	for i := 0; i < len(clients); i++ {
		require.True(t, held.ReadyToken.Equal(clients[i].token), "client %d", i)
		if i == len(clients)-1 {
			p.ack(held)
			p.commit(held)
			break
		}
		p.ack(held)
		held = p.offerAndCommit(held)
	}
}

// Who gives up does not keep the next one from its turn.
func TestLineGoesOnWithoutWhoGivesUp(t *testing.T) {
	w, p := busy(t, time.Minute)
	address := w.plain(route.Fixed(service))
	first := w.dial()
	first.hello(t, "")
	held := p.offer()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	_, server := tcpPair(t)
	go func() { // it is the first in line, until it cannot wait
		o, err := w.broker.Handoff(ctx, server, broker.Request{Service: service})
		if err == nil {
			err = o.Conn.Close()
		}
		done <- err
	}()
	w.under(2)
	time.Sleep(5 * time.Millisecond)
	second := dialTCP(t, address)
	w.under(3)
	cancel()
	require.NoError(t, <-done)
	p.ack(held)
	held = p.offerAndCommit(held)
	p.ack(held)
	p.commit(held)
	p.say(held, "at last")
	b := make([]byte, 7)
	_, err := io.ReadFull(second, b)
	require.NoError(t, err)
	require.Equal(t, "at last", string(b))
	p.die() // Shutdown would wait for it
}

// A plain client has nowhere else to go, so it waits longer than a holder has to let go.
func TestPlainClientWaitsForABusyBackend(t *testing.T) {
	w, p := busy(t, time.Millisecond)
	address := w.plain(route.Fixed(service))
	first := dialTCP(t, address)
	held := p.offer()
	second := dialTCP(t, address)
	w.under(2)
	explicit := w.dial()
	explicit.hello(t, "")
	explicit.fallback(t) // which has waited, and does not any more
	p.ack(held)
	held = p.offerAndCommit(held)
	p.ack(held)
	p.commit(held)
	p.say(held, "at last")
	b := make([]byte, 7)
	_, err := io.ReadFull(second, b)
	require.NoError(t, err)
	require.NoError(t, first.Close())
}

// When the last backend goes, whoever waits for it waits no longer; and goes to a new one
// if there is one by then.
func TestLineEndsWithTheLastBackend(t *testing.T) {
	w, p := busy(t, time.Minute)
	first, second, third := w.dial(), w.dial(), w.dial()
	first.hello(t, "x\n")
	p.offer()
	second.hello(t, "x\n")
	third.hello(t, "x\n")
	w.under(3)
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

// Hundreds wait for a backend that takes one at a time, and all are served.
func TestManyWaitInLine(t *testing.T) {
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
	w.under(0)
	require.EqualValues(t, many, w.broker.Stats().Adopted)
}
