package broker_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/handoff-go/handoff/backend"
	"github.com/handoff-go/handoff/broker"
	dial "github.com/handoff-go/handoff/client"
	"github.com/handoff-go/handoff/internal/fdpass"
	"github.com/handoff-go/handoff/registry"
	"github.com/handoff-go/handoff/wire"
	"github.com/stretchr/testify/require"
)

// Faults of running-process 4.5.5 that were observed between real processes, each with what must
// happen here instead. The comments say what was observed; see docs/reference.md.

// Observed: a client that connects and closes without a byte ends the whole broker.
func TestObservedClientThatHangsUp(t *testing.T) {
	w := newWorld(t, patient())
	w.echoBackend("one", backend.Options{})
	address := w.plain(nil)
	hello := text(&wire.Hello{FrameID: 7, MaxProtocol: 1, Service: service, Capabilities: wire.CapabilityHandlePassing})
	for name, say := range map[string]string{"without a byte": "", "in its hello": hello[:9], "after it": hello} {
		for range 20 {
			c := dialTCP(t, address)
			_, err := io.WriteString(c, say)
			require.NoError(t, err)
			require.NoError(t, c.Close())
			c = dialTCP(t, address)
			_, err = io.WriteString(c, say)
			require.NoError(t, err)
			require.NoError(t, c.SetLinger(0)) // a reset
			require.NoError(t, c.Close())

			other := w.dial()
			other.hello(t, name+"\n")
			other.ready(t)
			other.hear(t, "one: "+name)
			other.Close()
		}
	}
}

// Observed: a silent client blocks everybody, since one is accepted after the other and
// the first bytes have no limit of time.
func TestObservedSilentClient(t *testing.T) {
	const silent = 50
	o := patient()
	o.FirstBytes = time.Hour
	w := newWorld(t, o)
	w.echoBackend("one", backend.Options{})
	for range silent {
		w.dial()
	}
	all := func() bool { return w.broker.Stats().Waiting == silent }
	require.Eventually(t, all, 30*time.Second, time.Millisecond)
	for i := range silent {
		c := w.dial()
		c.hello(t, fmt.Sprintln(i))
		c.ready(t)
		c.hear(t, fmt.Sprint("one: ", i))
		c.Close()
	}
	require.Eventually(t, all, 30*time.Second, time.Millisecond, "all are still there")
}

// Observed: the deadline is for each read, not for the ACK. With a deadline of 1 s, one
// that dripped in at 300 ms a byte kept the broker for 11.4 s.
func TestObservedAckThatDrips(t *testing.T) {
	o := patient()
	o.AckDeadline = 300 * time.Millisecond
	w := newWorld(t, o)
	w.echoBackend("kept", backend.Options{})
	kept := w.dial()
	kept.hello(t, "")
	kept.ready(t)

	p := w.noisyPeer()
	c := w.dial()
	c.helloFor(t, noisy)
	current := p.offer()
	ack := text(&wire.Ack{Token: current.Token, Accepted: true, CorrelationID: current.CorrelationID, Detail: strings.Repeat("x", wire.MaxDetail)})
	var sent int
	for ; w.trace.count(broker.OpExpire) == 0; sent++ {
		require.Less(t, sent, len(ack)-1, "the deadline is for all of the ACK")
		p.write([]byte{ack[sent]})
		kept.ask(t, "x", "kept: x")       // the broker serves others meanwhile
		time.Sleep(10 * time.Millisecond) // half a minute for all of it
	}
	p.revoke(current)
	p.write([]byte(ack[sent:])) // and its rest, too late, ends nothing
	p.released(current)
	require.Equal(t, wire.ReasonBackendAckTimeout, c.fallback(t).Reason)
	kept.ask(t, "x", "kept: x")
	s := w.broker.Stats()
	require.EqualValues(t, 1, s.Registry.Expired)
	require.Zero(t, s.Fenced)
}

// Observed: the client waits for 2 s and the broker for 5 s. An ACK at 3 s has two owners:
// the backend adopts, and the client has reconnected.
func TestObservedAckBetweenTheWaits(t *testing.T) {
	o := patient()
	o.Margin = o.AckDeadline - 200*time.Millisecond // which is the lease, then
	w := newWorld(t, o)
	p := w.peer()
	elsewhere, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	defer elsewhere.Close()
	d := dial.Dialer{Network: "unix", Address: w.clients, Service: service, Reconnect: elsewhere.Addr().String(),
		ReplyTimeout: 100 * time.Millisecond, WaitMargin: time.Nanosecond} // it has no patience of its own
	c, err := d.DialContext(context.Background(), "", "")
	require.NoError(t, err)
	defer c.Close()
	heard := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(c).ReadString('\n')
		heard <- line
	}()

	current := p.offer()
	for clock := int64(0); uint64(clock) <= current.ServeBy; time.Sleep(time.Millisecond) {
		clock, err = fdpass.Clock()
		require.NoError(t, err)
	}
	p.ack(current)
	p.commit(current) // a real backend waits for it: its lease is over
	p.sayReady(current, "mine")
	require.Equal(t, "mine\n", <-heard)
	require.Equal(t, dial.Adopted, c.(*dial.Conn).Outcome())
	require.Equal(t, broker.Adopted, w.outcome().Kind)
	require.NoError(t, elsewhere.SetDeadline(time.Unix(1, 0)))
	_, err = elsewhere.Accept()
	require.ErrorIs(t, err, errTimeout, "the client has reconnected to nobody")
}

// Observed: a backend that writes right after its ACK is faster than the broker's ready.
// 48 of 200 clients reconnected although the backend had adopted them. Here the broker has
// not even judged the ACK when the client reads.
func TestObservedBackendThatWritesAtOnce(t *testing.T) {
	o := patient()
	heard := make(chan bool)
	o.Trace = func(e broker.Event) {
		if e.Op == broker.OpReadAck {
			<-heard
		}
	}
	w := newWorld(t, o)
	ln := w.backend(backend.Options{})
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			_, _ = io.WriteString(c, "at once")
			c.Close()
		}
	}()
	d := dial.Dialer{Network: "unix", Address: w.clients, Service: service}
	for range 200 {
		c, err := d.DialContext(context.Background(), "", "")
		require.NoError(t, err)
		require.NoError(t, c.SetDeadline(time.Now().Add(30*time.Second)))
		got, err := io.ReadAll(c)
		require.NoError(t, err)
		require.Equal(t, "at once", string(got))
		require.Equal(t, dial.Adopted, c.(*dial.Conn).Outcome())
		require.NoError(t, c.Close())
		heard <- true
	}
	require.Eventually(t, func() bool { return w.broker.Stats().Adopted == 200 }, 30*time.Second, time.Millisecond)
}

// Observed: the correlation id is always 1.
func TestObservedCorrelation(t *testing.T) {
	w := newWorld(t, patient())
	peers := []*peer{w.peer(), w.peer()}
	type pair struct {
		p *peer
		c *client
		o offer
	}
	var pairs []pair
	seen := map[uint64]bool{}
	for i := range 20 {
		c := w.dial()
		c.hello(t, "")
		p := peers[i%2] // the one with fewer offers
		o := p.offer()
		require.False(t, seen[o.CorrelationID])
		seen[o.CorrelationID] = true
		pairs = append(pairs, pair{p, c, o})
	}
	for i := len(pairs) - 1; i >= 0; i-- { // in whatever order they are answered
		it := pairs[i]
		it.p.ack(it.o)
		it.p.commit(it.o)
		it.p.sayReady(it.o, fmt.Sprint(it.o.CorrelationID))
		it.c.ready(t)
		it.c.hear(t, fmt.Sprint(it.o.CorrelationID))
	}
}

// Observed: a duplicate register replaces the entry and its deadline.
func TestObservedDuplicateRegister(t *testing.T) {
	now := time.Now()
	r, err := registry.New(registry.Options{AckDeadline: time.Second})
	require.NoError(t, err)
	first, second := registry.Backend{Service: "first"}, registry.Backend{Service: "second"}
	token, err := r.Issue(now)
	require.NoError(t, err)
	require.NoError(t, r.Register(token, first, now))
	require.ErrorIs(t, r.Register(token, second, now.Add(time.Second/2)), registry.ErrAlreadyPending)
	deadline, ok := r.NextDeadline()
	require.True(t, ok)
	require.True(t, deadline.Equal(now.Add(time.Second)))
	done, err := r.Acknowledge(token, now.Add(time.Second-1))
	require.NoError(t, err)
	require.Equal(t, first, done.Backend)
	require.EqualValues(t, 1, r.Stats().Registered)
}

// Observed: an ACK for a token that was never issued succeeds, and one for a token whose
// time is over.
func TestObservedAckOfADeadToken(t *testing.T) {
	now := time.Now()
	r, err := registry.New(registry.Options{AckDeadline: 3 * time.Second, TokenTTL: 4 * time.Second})
	require.NoError(t, err)
	never := mustToken(t, "0123456789abcdef")
	require.ErrorIs(t, r.Register(never, registry.Backend{}, now), registry.ErrTokenNotLive)
	_, err = r.Acknowledge(never, now)
	require.ErrorIs(t, err, registry.ErrNotPending)

	token, err := r.Issue(now)
	require.NoError(t, err)
	require.NoError(t, r.Register(token, registry.Backend{}, now.Add(3*time.Second)))
	_, err = r.Acknowledge(token, now.Add(4*time.Second)) // within the deadline of an ACK
	var late *registry.DeadlineError
	require.ErrorAs(t, err, &late)
	require.True(t, late.Deadline.Equal(now.Add(4*time.Second)))
}

// Observed: a deadline so far away that it cannot be counted expires at once.
func TestObservedHugeDeadline(t *testing.T) {
	now := time.Now()
	r, err := registry.New(registry.Options{AckDeadline: math.MaxInt64, TokenTTL: math.MaxInt64})
	require.NoError(t, err)
	token, err := r.Begin(registry.Backend{}, now)
	require.NoError(t, err)
	later := now.AddDate(100, 0, 0)
	require.Empty(t, r.ExpireOverdue(later))
	_, ok := r.NextDeadline()
	require.False(t, ok)
	_, err = r.Acknowledge(token, later)
	require.NoError(t, err)
}
