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

func writeOne(c net.Conn) <-chan error {
	return doing(func() error {
		_, err := c.Write([]byte("x"))
		return err
	})
}

// Close ends whatever waits for the outcome, in the same way.
func TestCloseEndsTheWait(t *testing.T) {
	for _, first := range []string{"read", "write"} {
		t.Run(first+" learns", func(t *testing.T) {
			p, verdict := held(t)
			w := newWorld(t, p)
			w.dialer.ReplayLimit = -1
			c := w.dial()
			var reading, writing <-chan error
			if first == "read" {
				reading = readByte(c)
			} else {
				writing = writeOne(c)
			}
			require.Eventually(t, func() bool { return w.took(client.OpReadReply) }, hang, time.Millisecond)
			if first == "read" {
				writing = writeOne(c)
			} else {
				reading = readByte(c)
			}
			require.NoError(t, c.Close())
			require.ErrorIs(t, receive(t, reading), net.ErrClosed)
			require.ErrorIs(t, receive(t, writing), net.ErrClosed)
			require.ErrorIs(t, c.Close(), net.ErrClosed)
			require.ErrorIs(t, c.CloseWrite(), net.ErrClosed)
			require.ErrorIs(t, receive(t, readByte(c)), net.ErrClosed)
			require.ErrorIs(t, receive(t, writeOne(c)), net.ErrClosed)
			require.False(t, w.took(client.OpDoubt)) // it was the user's wish
			verdict <- nil
		})
	}
}

// Close ends connecting to the other address.
func TestCloseEndsReconnecting(t *testing.T) {
	w := newWorld(t, says(t, join(handedOver(t, time.Minute, ""), fallbackTo("elsewhere:1"))))
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
	say(t, c, "early")
	reading := readByte(c)
	receive(t, connecting)
	writing := writeOne(c)
	require.Equal(t, client.Pending, c.Outcome())
	require.NoError(t, c.Close())
	require.ErrorIs(t, receive(t, reading), net.ErrClosed)
	require.ErrorIs(t, receive(t, writing), net.ErrClosed)
	require.Eventually(t, func() bool { return w.took(client.OpReconnect) }, hang, time.Millisecond)
}

// A connection that is made when the user has closed already is closed, too: see newWorld.
func TestCloseBeforeTheNewConnectionIsMade(t *testing.T) {
	elsewhere := echoes(t, "")
	w := newWorld(t, says(t, join(handedOver(t, time.Minute, ""), fallbackTo(elsewhere.address))))
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
	require.Eventually(t, func() bool { return w.took(client.OpReconnect) }, hang, time.Millisecond)
	require.EqualValues(t, 2, w.opened.Load())
}

// A user who closes when the fallback has just been read is taken nowhere else.
func TestCloseBeforeReconnecting(t *testing.T) {
	elsewhere := echoes(t, "")
	w := newWorld(t, says(t, join(handedOver(t, time.Minute, ""), fallbackTo(elsewhere.address))))
	var c *client.Conn
	w.dialer.Trace = func(e client.Event) {
		if e.Op == client.OpReadFallback {
			_ = c.Close()
		}
	}
	c = w.dial()
	require.ErrorIs(t, receive(t, readByte(c)), net.ErrClosed)
	time.Sleep(20 * time.Millisecond) // for what must not happen
	require.Zero(t, elsewhere.count.Load())
}

// Close ends writing again what was kept, to one that does not read it.
func TestCloseEndsReplaying(t *testing.T) {
	w := newWorld(t, says(t, join(handedOver(t, time.Minute, ""), fallbackTo("elsewhere:1"))))
	ours, theirs := net.Pipe() // it holds nothing: who writes waits for who reads
	defer theirs.Close()
	connect := w.dialer.Connect
	w.dialer.Connect = func(ctx context.Context, network, address string) (net.Conn, error) {
		if address == "elsewhere:1" {
			return ours, nil
		}
		return connect(ctx, network, address)
	}
	c := w.dial()
	say(t, c, "early")
	reading := readByte(c)
	require.Eventually(t, func() bool { return w.took(client.OpReconnect) }, hang, time.Millisecond)
	writing := writeOne(c)
	require.NoError(t, c.Close())
	require.ErrorIs(t, receive(t, reading), io.ErrClosedPipe) // as a pipe says it
	require.Error(t, receive(t, writing))
	_, err := theirs.Read(make([]byte, 1))
	require.ErrorIs(t, err, io.EOF)
}

// Close of a connection that nobody reads from leaves nothing behind: see newWorld and
// TestMain.
func TestCloseAtOnce(t *testing.T) {
	w := newWorld(t, says(t, handedOver(t, time.Minute, "")))
	for range 20 {
		c := w.dial()
		require.NoError(t, c.SetDeadline(time.Now().Add(time.Hour)))
		require.NoError(t, c.Close())
	}
}

// Close races with everything; nothing waits for ever, and nothing is left open.
func TestCloseAtAnyMoment(t *testing.T) {
	elsewhere := echoes(t, "")
	for name, verdict := range map[string][]byte{
		"ready": ready(t), "fallback": fallbackTo(elsewhere.address), "the end": nil,
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, handmade(t, func(c *net.TCPConn) {
				_, _ = c.Write(join(handedOver(t, time.Minute, ""), verdict))
			}))
			for i := range 100 {
				c := w.dial()
				reading := readByte(c)
				writing := doing(func() error {
					for {
						_ = c.SetDeadline(time.Now().Add(time.Hour))
						if _, err := c.Write(make([]byte, 10_000)); err != nil {
							return err
						}
					}
				})
				time.Sleep(time.Duration(i) * 10 * time.Microsecond)
				c.Close()
				receive(t, reading) // it may have read an echo
				require.Error(t, receive(t, writing))
			}
		})
	}
}
