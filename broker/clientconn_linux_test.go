package broker_test

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/handoff-go/handoff/broker"
	"github.com/handoff-go/handoff/internal/socktest"
	"github.com/handoff-go/handoff/wire"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

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
	client, server := socktest.TCPPair(t)
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
		client.Close() // ends the read, which Close of the other end would wait for
		require.Fail(t, "the read hangs past its deadline")
	}
	require.NoError(t, conn.Close())
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
