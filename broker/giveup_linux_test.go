package broker

import (
	"net"
	"testing"
	"time"

	"github.com/handoff-go/handoff/fallback"
	"github.com/handoff-go/handoff/wire"
	"github.com/stretchr/testify/require"
)

// A client of the explicit mode waits for ready or fallback: it is told to reconnect, and never
// proxied, where bytes of the target would reach it in place of a frame.
func TestExplicitClientIsToldAndNotProxied(t *testing.T) {
	target, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	defer target.Close()
	b, err := New(Options{SettleTimeout: time.Millisecond})
	require.NoError(t, err)
	x, client := inState(t, b, transferOffering)
	x.ready, err = randomToken()
	require.NoError(t, err)
	x.request.Proxy = target.Addr().String()
	done := make(chan Outcome, 1)
	go func() {
		done <- x.giveUp(fallback.Decision{Reason: fallback.BackendGone, RetryAfter: time.Second}, true)
	}()
	frame, err := wire.ReadFrame(client, wire.MaxControl)
	require.NoError(t, err)
	m, err := wire.Parse(frame)
	require.NoError(t, err)
	require.Equal(t, &wire.Fallback{Reason: wire.ReasonBackendGone, RetryAfter: time.Second}, m)
	require.NoError(t, client.Close())
	require.Equal(t, Fallback, (<-done).Kind)
	require.NoError(t, target.SetDeadline(time.Now().Add(time.Millisecond)))
	_, err = target.Accept()
	require.Error(t, err, "nobody connected to the target")
}

// An offer whose deadline is behind the end of its client's wait is not made: the client would have
// gone before it was decided.
func TestNoOfferIsMadeThatOutlastsItsClient(t *testing.T) {
	b, err := New(Options{AckDeadline: time.Minute})
	require.NoError(t, err)
	busy := &link{b: &b.shared, service: b.service("web"), attempts: newAttemptTable(), phase: linkOpen}
	require.True(t, b.join(busy))
	last := fallback.Decision{Reason: fallback.BackendRejected}
	x, _ := inState(t, b, transferOffering)
	defer x.conn.close()
	require.Equal(t, offerWaits, x.offerNext(last, true).kind, "a plain client waits for the backend")
	x.until = time.Now().Add(time.Hour)
	require.Equal(t, offerWaits, x.offerNext(last, true).kind)
	x.until = time.Now().Add(59 * time.Second)
	require.Equal(t, offerResult{offerRefused, last}, x.offerNext(last, true))
	require.Empty(t, x.tried)
}

func TestSoManyConnectionsAreInFlight(t *testing.T) {
	b, err := New(Options{MaxInFlight: 2})
	require.NoError(t, err)
	x := &transfer{b: b}
	require.Zero(t, x.admit())
	require.Zero(t, x.admit())
	require.Equal(t, fallback.Decision{Reason: fallback.FDPressureDisabled}, x.admit())
}

// A frame that is written in part is an error: the client cannot read it, nor what follows.
func TestReplyIsWrittenWholeOrFails(t *testing.T) {
	b, err := New(Options{})
	require.NoError(t, err)
	x, client := inState(t, b, transferOffering)
	defer x.conn.close()
	require.NoError(t, x.conn.write([]byte("whole")))
	got := make([]byte, 5)
	_, err = client.Read(got)
	require.NoError(t, err)
	require.Equal(t, "whole", string(got))
	require.ErrorIs(t, x.conn.write(make([]byte, 64<<20)), errReply, "the client reads nothing")
	require.NoError(t, x.conn.fence())
	require.Error(t, x.conn.write([]byte("x")))
}

// A connection that came back has no deadline of the offer's any more.
func TestConnectionThatCameBackHasNoDeadline(t *testing.T) {
	b, err := New(Options{})
	require.NoError(t, err)
	x, client := inState(t, b, transferReturned)
	defer x.conn.close()
	require.NoError(t, x.conn.conn.SetDeadline(time.Unix(1, 0)))
	require.NoError(t, x.conn.regain())
	_, err = client.Write([]byte("x"))
	require.NoError(t, err)
	_, err = x.conn.conn.Read(make([]byte, 1))
	require.NoError(t, err)
	x.conn.close()
	require.Error(t, x.conn.regain(), "it is closed")
}
