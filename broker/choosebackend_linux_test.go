package broker_test

import (
	"context"
	"testing"
	"time"

	"github.com/handoff-go/handoff/backend"
	"github.com/handoff-go/handoff/broker"
	"github.com/handoff-go/handoff/fallback"
	"github.com/handoff-go/handoff/internal/socktest"
	"github.com/handoff-go/handoff/wire"
	"github.com/stretchr/testify/require"
)

func TestNoBackendMeansFallback(t *testing.T) {
	w := newWorld(t, patient())
	c := w.dial()
	c.hello(t, "lots to say")
	require.Equal(t, wire.ReasonBackendGone, c.fallback(t).Reason)
}

func TestTooManyOnTheirWay(t *testing.T) {
	o := patient()
	o.MaxInFlight = 1
	w := newWorld(t, o)
	p := w.peer()
	first := w.dial()
	first.hello(t, "")
	offer := p.offer()
	second := w.dial()
	second.hello(t, "")
	require.True(t, second.token.IsZero()) // nothing is under way
	second.ended(t)
	require.Equal(t, fallback.FDPressureDisabled, w.outcome().Decision.Reason)
	p.ack(offer)
	p.commit(offer)
}

func TestTooManyOnOneLink(t *testing.T) {
	o := patient()
	o.MaxPerLink = 1
	w := newWorld(t, o)
	p := w.peer()
	first := w.dial()
	first.hello(t, "")
	offer := p.offer()
	second := w.dial()
	second.hello(t, "")
	require.Equal(t, wire.ReasonFDPressureDisabled, second.fallback(t).Reason)
	w.echoBackend("two", backend.Options{})
	third := w.dial()
	third.hello(t, "x\n")
	third.ready(t)
	third.hear(t, "two: x")
	p.ack(offer)
	p.commit(offer)
}

func TestBackendThatFailsTooOftenIsSpared(t *testing.T) {
	o := patient()
	o.Limit = fallback.Policy{MaxFailures: 2}
	w := newWorld(t, o)
	p := w.peer()
	for range 2 {
		c := w.dial()
		c.hello(t, "")
		p.nack(p.offer(), wire.ReasonBackendRejected)
		require.Equal(t, wire.ReasonBackendRejected, c.fallback(t).Reason)
	}
	c := w.dial()
	c.hello(t, "")
	f := c.fallback(t)
	require.Equal(t, wire.ReasonFailedAttemptRateLimited, f.Reason)
	require.Positive(t, f.RetryAfter)
	require.LessOrEqual(t, f.RetryAfter, fallback.DefaultWindow)
}

// A backend is spared for its own failures: one of another service is not, though it has the same
// PID, or no PID that the broker can see.
func TestFailuresOfOneServiceSpareNoOther(t *testing.T) {
	const other = "other"
	o := patient()
	o.Limit = fallback.Policy{MaxFailures: 1}
	o.Services = map[string]broker.Service{service: {}, other: {}}
	w := newWorld(t, o)
	p := w.peer()
	c := w.dial()
	c.hello(t, "")
	p.nack(p.offer(), wire.ReasonBackendRejected)
	require.Equal(t, wire.ReasonBackendRejected, c.fallback(t).Reason)

	q := w.stranger()
	q.send(&wire.LinkHello{Version: wire.LinkVersion, Service: other})
	q.challenge()
	q.welcome()
	_, server := socktest.TCPPair(t)
	handing := make(chan broker.Outcome, 1)
	go func() {
		outcome, err := w.broker.Handoff(context.Background(), server, broker.Request{Service: other})
		if err != nil {
			t.Error(err)
		}
		handing <- outcome
	}()
	offer := q.offer()
	q.ack(offer)
	q.commit(offer)
	require.Equal(t, broker.Adopted, (<-handing).Kind)
}

func TestLeastLoadedBackendComesFirst(t *testing.T) {
	w := newWorld(t, patient())
	one, two := w.peer(), w.peer()
	var clients []*client
	for i := range 4 {
		c := w.dial()
		c.hello(t, "")
		clients = append(clients, c)
		require.Eventually(t, func() bool { return w.trace.count(broker.OpSendOffer) > i }, hang, time.Millisecond)
	}
	for _, p := range []*peer{one, two} {
		for range 2 {
			o := p.offer()
			p.ack(o)
			p.sayReady(o, "x")
		}
	}
	for _, c := range clients {
		c.ready(t)
	}
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
	outcome := w.outcome()
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
	outcome := w.outcome()
	require.Equal(t, broker.Fallback, outcome.Kind)
	require.Equal(t, fallback.BackendRejected, outcome.Decision.Reason)
}
