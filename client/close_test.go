package client_test

import (
	"context"
	"io"
	"net"
	"testing"
	"time"

	"github.com/handoff-go/handoff/client"
	"github.com/stretchr/testify/require"
)

func writeByte(c net.Conn) <-chan error {
	return async(func() error {
		_, err := c.Write([]byte("x"))
		return err
	})
}

// Close ends every Read and Write that waits for the outcome, with net.ErrClosed.
func TestCloseEndsTheWait(t *testing.T) {
	for _, first := range []string{"read", "write"} {
		t.Run(first+" learns", func(t *testing.T) {
			p, verdict := delayedBroker(t)
			w := newFixture(t, p)
			w.dialer.ReplayLimit = -1
			c := w.dial()
			var reading, writing <-chan error
			if first == "read" {
				reading = readByte(c)
			} else {
				writing = writeByte(c)
			}
			require.Eventually(t, func() bool { return w.traced(client.OpReadReply) }, testTimeout, time.Millisecond)
			if first == "read" {
				writing = writeByte(c)
			} else {
				reading = readByte(c)
			}
			require.NoError(t, c.Close())
			require.ErrorIs(t, receive(t, reading), net.ErrClosed)
			require.ErrorIs(t, receive(t, writing), net.ErrClosed)
			require.ErrorIs(t, c.Close(), net.ErrClosed)
			require.ErrorIs(t, c.CloseWrite(), net.ErrClosed)
			require.ErrorIs(t, receive(t, readByte(c)), net.ErrClosed)
			require.ErrorIs(t, receive(t, writeByte(c)), net.ErrClosed)
			require.False(t, w.traced(client.OpDoubt)) // the user closed it
			verdict <- nil
		})
	}
}

// Close cancels connecting to the other address.
func TestCloseEndsReconnecting(t *testing.T) {
	w := newFixture(t, scriptedBroker(t, join(replyHandedOver(t, time.Minute, ""), fallbackFrame("elsewhere:1"))))
	w.dialer.ConnectTimeout = time.Hour
	connecting := make(chan struct{})
	connect := w.dialer.Connect
	w.dialer.Connect = func(ctx context.Context, network, address string) (net.Conn, error) {
		if address != "elsewhere:1" {
			return connect(ctx, network, address)
		}
		close(connecting)
		<-ctx.Done()
		return nil, ctx.Err()
	}
	c := w.dial()
	mustWrite(t, c, "early")
	reading := readByte(c)
	receive(t, connecting)
	writing := writeByte(c)
	require.Equal(t, client.Pending, c.Outcome())
	require.NoError(t, c.Close())
	require.ErrorIs(t, receive(t, reading), net.ErrClosed)
	require.ErrorIs(t, receive(t, writing), net.ErrClosed)
	require.Eventually(t, func() bool { return w.traced(client.OpReconnect) }, testTimeout, time.Millisecond)
}

// A new connection that is made after Close is closed: see newFixture.
func TestCloseBeforeTheNewConnectionIsMade(t *testing.T) {
	elsewhere := echoServer(t, "")
	w := newFixture(t, scriptedBroker(t, join(replyHandedOver(t, time.Minute, ""), fallbackFrame(elsewhere.address))))
	connecting, closed := make(chan struct{}), make(chan struct{})
	connect := w.dialer.Connect
	w.dialer.Connect = func(ctx context.Context, network, address string) (net.Conn, error) {
		if address == elsewhere.address {
			close(connecting)
			<-closed
			ctx = context.WithoutCancel(ctx)
		}
		return connect(ctx, network, address)
	}
	c := w.dial()
	reading := readByte(c)
	receive(t, connecting)
	require.NoError(t, c.Close())
	require.ErrorIs(t, receive(t, reading), net.ErrClosed)
	close(closed)
	require.Eventually(t, func() bool { return w.traced(client.OpReconnect) }, testTimeout, time.Millisecond)
	require.EqualValues(t, 2, w.opened.Load())
}

// After a Close between reading the fallback and reconnecting the client does not reconnect.
func TestCloseBeforeReconnecting(t *testing.T) {
	elsewhere := echoServer(t, "")
	w := newFixture(t, scriptedBroker(t, join(replyHandedOver(t, time.Minute, ""), fallbackFrame(elsewhere.address))))
	var c *client.Conn
	w.dialer.Trace = func(e client.Event) {
		if e.Op == client.OpReadFallback {
			_ = c.Close()
		}
	}
	c = w.dial()
	require.ErrorIs(t, receive(t, readByte(c)), net.ErrClosed)
	time.Sleep(20 * time.Millisecond) // time for a connection that must not be made
	require.Zero(t, elsewhere.count.Load())
}

// Close ends a replay that the server does not read.
func TestCloseEndsReplaying(t *testing.T) {
	w := newFixture(t, scriptedBroker(t, join(replyHandedOver(t, time.Minute, ""), fallbackFrame("elsewhere:1"))))
	ours, theirs := net.Pipe() // without a buffer: a write waits for its read
	defer theirs.Close()
	connect := w.dialer.Connect
	w.dialer.Connect = func(ctx context.Context, network, address string) (net.Conn, error) {
		if address == "elsewhere:1" {
			return ours, nil
		}
		return connect(ctx, network, address)
	}
	c := w.dial()
	mustWrite(t, c, "early")
	reading := readByte(c)
	_, err := theirs.Write([]byte("x")) // returns when the Read has it: the replay has begun
	require.NoError(t, err)
	require.NoError(t, receive(t, reading))
	reading, writing := readByte(c), writeByte(c)
	require.NoError(t, c.Close())
	require.ErrorIs(t, receive(t, reading), io.ErrClosedPipe) // the error of a closed net.Pipe
	require.Error(t, receive(t, writing))
	_, err = theirs.Read(make([]byte, 1))
	require.ErrorIs(t, err, io.EOF)
}

// Close of a connection that was never read leaks no goroutine and no connection: see newFixture
// and TestMain.
func TestCloseAtOnce(t *testing.T) {
	w := newFixture(t, scriptedBroker(t, replyHandedOver(t, time.Minute, "")))
	for range 20 {
		c := w.dial()
		require.NoError(t, c.SetDeadline(time.Now().Add(time.Hour)))
		require.NoError(t, c.Close())
	}
}

// Close at any moment: no call waits for ever, and no connection is left open.
func TestCloseAtAnyMoment(t *testing.T) {
	elsewhere := echoServer(t, "")
	for name, verdict := range map[string][]byte{
		"ready": readyFrame(t), "fallback": fallbackFrame(elsewhere.address), "the end": nil,
	} {
		t.Run(name, func(t *testing.T) {
			w := newFixture(t, fakeBroker(t, func(c *net.TCPConn) {
				_, _ = c.Write(join(replyHandedOver(t, time.Minute, ""), verdict))
			}))
			for i := range 100 {
				c := w.dial()
				reading := readByte(c)
				writing := async(func() error {
					for {
						_ = c.SetDeadline(time.Now().Add(time.Hour))
						if _, err := c.Write(make([]byte, 10_000)); err != nil {
							return err
						}
					}
				})
				time.Sleep(time.Duration(i) * 10 * time.Microsecond)
				c.Close()
				receive(t, reading) // either result: it may have read an echo
				require.Error(t, receive(t, writing))
			}
		})
	}
}
