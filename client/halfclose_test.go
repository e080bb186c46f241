package client_test

import (
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"github.com/handoff-go/handoff/client"
	"github.com/stretchr/testify/require"
)

// readAllServer reads to the end of file, and then writes what it read.
func readAllServer(t *testing.T) *server {
	t.Helper()
	return serveTCP(t, func(c *net.TCPConn) {
		all, err := io.ReadAll(c)
		if err == nil {
			_, _ = c.Write(append(all, " is all"...))
		}
	})
}

func TestHalfCloseBeforeTheOutcome(t *testing.T) {
	elsewhere := readAllServer(t)
	for _, outcome := range []client.Outcome{client.Adopted, client.Reconnected} {
		t.Run(outcome.String(), func(t *testing.T) {
			w := newFixture(t, fakeBroker(t, func(c *net.TCPConn) {
				_, _ = c.Write(replyHandedOver(t, time.Minute, ""))
				all, _ := io.ReadAll(c) // the end of file arrives before the outcome
				if outcome == client.Adopted {
					_, _ = c.Write(join(readyFrame(t), all, []byte(" is all")))
					return
				}
				_, _ = c.Write(fallbackFrame(elsewhere.address))
			}))
			c := w.dial()
			mustWrite(t, c, "this")
			require.NoError(t, c.CloseWrite())
			_, err := c.Write([]byte("x"))
			require.ErrorIs(t, err, io.ErrClosedPipe)
			all, err := io.ReadAll(c)
			require.NoError(t, err)
			require.Equal(t, "this is all", string(all))
			require.Equal(t, outcome, c.Outcome())
			_, err = c.Write([]byte("x"))
			require.Error(t, err)
		})
	}
}

// CloseWrite while the new connection is being made, or during the replay.
func TestHalfCloseDuringTheReconnect(t *testing.T) {
	elsewhere := readAllServer(t)
	for _, during := range []string{"connecting", "replaying"} {
		t.Run(during, func(t *testing.T) {
			w := newFixture(t, scriptedBroker(t, join(replyHandedOver(t, time.Minute, ""), fallbackFrame(elsewhere.address))))
			stopped, goOn := make(chan struct{}), make(chan struct{})
			stop := func() {
				close(stopped)
				<-goOn
			}
			connect := w.dialer.Connect
			w.dialer.Connect = func(ctx context.Context, network, address string) (net.Conn, error) {
				if during == "connecting" && address == elsewhere.address {
					stop()
				}
				return connect(ctx, network, address)
			}
			w.dialer.Trace = func(e client.Event) {
				if during == "replaying" && e.Op == client.OpReconnect {
					stop()
				}
			}
			c := w.dial()
			mustWrite(t, c, "this")
			answer := async(func() string {
				all, _ := io.ReadAll(c)
				return string(all)
			})
			receive(t, stopped)
			require.NoError(t, c.CloseWrite())
			close(goOn)
			require.Equal(t, "this is all", receive(t, answer))
		})
	}
}

// brokenHalfClose is a connection whose CloseWrite fails, as after a reset.
type brokenHalfClose struct{ *countedConn }

func (brokenHalfClose) CloseWrite() error { return io.ErrClosedPipe }

// CloseWrite succeeds although the broker's connection is broken: it follows on the new connection.
func TestHalfCloseOfABrokenConnection(t *testing.T) {
	elsewhere := readAllServer(t)
	w := newFixture(t, fakeBroker(t, func(c *net.TCPConn) {
		_, _ = c.Write(join(replyHandedOver(t, time.Minute, ""), fallbackFrame(elsewhere.address)))
	}))
	connect := w.dialer.Connect
	w.dialer.Connect = func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := connect(ctx, network, address)
		if err == nil && address != elsewhere.address {
			return brokenHalfClose{c.(*countedConn)}, nil
		}
		return c, err
	}
	c := w.dial()
	require.NoError(t, c.CloseWrite())
	all, err := io.ReadAll(c)
	require.NoError(t, err)
	require.Equal(t, " is all", string(all))
}

func TestHalfCloseThatIsNotSupported(t *testing.T) {
	w := newFixture(t, scriptedBroker(t, join(replyHandedOver(t, time.Minute, ""), readyFrame(t), []byte("x"))))
	connect := w.dialer.Connect
	w.dialer.Connect = func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := connect(ctx, network, address)
		return struct{ net.Conn }{c}, err
	}
	c := w.dial()
	require.ErrorIs(t, c.CloseWrite(), errors.ErrUnsupported)
	mustWrite(t, c, "it goes on")
	wantRead(t, c, "x")
	require.ErrorIs(t, c.CloseWrite(), errors.ErrUnsupported)
}
