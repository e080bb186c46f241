package broker_test

import (
	"testing"
	"time"

	"github.com/handoff-go/handoff/broker"
	"github.com/handoff-go/handoff/fallback"
	"github.com/handoff-go/handoff/internal/socktest"
	"github.com/handoff-go/handoff/wire"
	"github.com/stretchr/testify/require"
)

// An offer that is larger than the room in the backend's queue is written in parts, and
// breaks the link if that takes until its deadline.
func TestOfferPartlyWrittenAtItsDeadlineBreaksTheLink(t *testing.T) {
	o := patient()
	o.AckDeadline = 2 * time.Second // the queue must be full before
	o.MaxPerLink = 1000
	o.Attempts = 1
	o.Handshake = time.Hour // which is how long a backend may leave other things unread
	o.PingInterval = -1
	w := newWorld(t, o)
	p := w.peer()
	results := make(chan broker.Outcome, 100)
	n := 0
	for ; w.trace.count(broker.OpSendOffer) == w.trace.count(broker.OpOfferWritten) && n < 100; n++ {
		_, server := socktest.TCPPair(t)
		sent := w.trace.count(broker.OpSendOffer)
		go func() {
			o, err := w.broker.Handoff(t.Context(), server, broker.Request{Service: service, Preface: make([]byte, wire.MaxPreface)})
			if err == nil {
				results <- o
			}
		}()
		require.Eventually(t, func() bool { return w.trace.count(broker.OpSendOffer) > sent || len(results) > n }, hang, time.Millisecond)
	}
	require.Less(t, n, 100, "no offer was ever written in parts")
	for range n {
		o := <-results
		require.Equal(t, broker.Fallback, o.Kind)
		require.False(t, o.Settled) // the peer has their copies
		require.NoError(t, o.Conn.Close())
	}
	require.Eventually(t, func() bool { return w.broker.Stats().Links == 0 }, hang, time.Millisecond)
	_ = p
}

func TestBackendThatReadsSlowlyGetsWholeOffers(t *testing.T) {
	o := patient()
	o.MaxPerLink = 1000
	w := newWorld(t, o)
	p := w.peer()
	results := make(chan broker.Outcome, 100)
	var n int
	for ; n < 100; n++ {
		_, server := socktest.TCPPair(t)
		go func() {
			o, _ := w.broker.Handoff(t.Context(), server, broker.Request{Service: service, Preface: make([]byte, wire.MaxPreface)})
			results <- o
		}()
		require.Eventually(t, func() bool { return w.trace.count(broker.OpSendOffer) > n || len(results) > 0 }, hang, time.Millisecond)
		if len(results) > 0 {
			break // the link is full
		}
	}
	full := <-results
	require.Equal(t, fallback.FDPressureDisabled, full.Decision.Reason)
	require.NoError(t, full.Conn.Close())
	for range n {
		o := p.offer()
		require.Len(t, o.Preface, wire.MaxPreface)
		p.ack(o)
	}
	for range n {
		require.Equal(t, broker.Adopted, (<-results).Kind)
	}
}
