package client_test

import (
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"github.com/handoff-go/handoff/client"
	"github.com/handoff-go/handoff/fallback"
	"github.com/handoff-go/handoff/wire"
	"github.com/stretchr/testify/require"
)

func TestDialWithWait(t *testing.T) {
	elsewhere := echoServer(t, "")
	for outcome, said := range map[client.Outcome][]byte{client.Adopted: readyFrame(t), client.Reconnected: fallbackFrame(elsewhere.address)} {
		t.Run(outcome.String(), func(t *testing.T) {
			p, verdict := delayedBroker(t)
			w := newFixture(t, p)
			w.dialer.Wait = true
			dialled := async(w.tryBoth)
			require.Eventually(t, func() bool { return w.traced(client.OpReadReply) }, testTimeout, time.Millisecond)
			select {
			case <-dialled:
				require.Fail(t, "DialContext did not wait")
			case <-time.After(10 * time.Millisecond):
			}
			verdict <- said
			d := receive(t, dialled)
			require.NoError(t, d.err)
			require.Equal(t, outcome, d.conn.Outcome())
			mustWrite(t, d.conn, "hello")
			wantRead(t, d.conn, "hello")
			require.False(t, w.traced(client.OpWrite)) // no byte was written before the outcome
		})
	}
}

type dialled struct {
	conn *client.Conn
	err  error
}

func (w *fixture) tryBoth() dialled {
	c, err := w.try()
	return dialled{c, err}
}

func TestDialWithWaitReturnsInDoubtError(t *testing.T) {
	w := newFixture(t, fakeBroker(t, func(c *net.TCPConn) { _, _ = c.Write(replyHandedOver(t, time.Minute, "")) }))
	w.dialer.Wait = true
	_, err := w.try()
	var doubt *client.InDoubtError
	require.ErrorAs(t, err, &doubt)
	require.Zero(t, doubt.Written) // dialling again cannot repeat anything
	require.True(t, doubt.Replied)
}

// A broker that ends the connection without a byte is told from one whose reply is cut short, or whose
// verdict is missing.
func TestInDoubtErrorSaysThatTheBrokerSentNoReply(t *testing.T) {
	const noReply = "client: the broker sent no reply to the hello: unexpected EOF"
	reply := replyHandedOver(t, time.Minute, "")
	for name, c := range map[string]struct {
		sent []byte
		want string
	}{
		"nothing":      {nil, noReply},
		"half a reply": {reply[:len(reply)/2], "client: in doubt who owned the connection (a backend may have read 0 bytes): unexpected EOF"},
		"a reply":      {reply, "client: in doubt who owned the connection (a backend may have read 0 bytes): unexpected EOF"},
	} {
		t.Run(name, func(t *testing.T) {
			p := fakeBroker(t, func(conn *net.TCPConn) { _, _ = conn.Write(c.sent) })
			d := client.Dialer{Service: service, Address: p.address, Wait: true}
			_, err := d.DialContext(context.Background(), "", "")
			require.EqualError(t, err, c.want)
		})
	}
}

func TestContextEndsDial(t *testing.T) {
	t.Run("while it waits", func(t *testing.T) {
		p, verdict := delayedBroker(t)
		w := newFixture(t, p)
		w.dialer.Wait = true
		ctx, cancel := context.WithCancelCause(context.Background())
		done := async(func() error {
			_, err := w.dialer.DialContext(ctx, "", "")
			return err
		})
		require.Eventually(t, func() bool { return w.traced(client.OpReadReply) }, testTimeout, time.Millisecond)
		cause := errors.New("enough")
		cancel(cause)
		require.ErrorIs(t, receive(t, done), cause)
		verdict <- nil
	})
	t.Run("while it connects", func(t *testing.T) {
		w := newFixture(t, scriptedBroker(t, nil))
		w.dialer.Connect = func(ctx context.Context, network, address string) (net.Conn, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		_, err := w.dialer.DialContext(ctx, "", "")
		require.ErrorIs(t, err, context.Canceled)
		w.dialer.ConnectTimeout = time.Millisecond
		_, err = w.dialer.DialContext(context.Background(), "", "")
		require.ErrorIs(t, err, context.DeadlineExceeded)
	})
	t.Run("while it sends the hello", func(t *testing.T) {
		w := newFixture(t, scriptedBroker(t, nil))
		ours, theirs := net.Pipe() // nobody reads the hello
		defer theirs.Close()
		w.dialer.Connect = func(context.Context, string, string) (net.Conn, error) { return ours, nil }
		ctx, cancel := context.WithCancel(context.Background())
		done := async(func() error {
			_, err := w.dialer.DialContext(ctx, "", "")
			return err
		})
		require.Eventually(t, func() bool { return w.traced(client.OpConnect) }, testTimeout, time.Millisecond)
		cancel()
		require.ErrorIs(t, receive(t, done), context.Canceled)
	})
	t.Run("but not the connection", func(t *testing.T) {
		w := newFixture(t, scriptedBroker(t, join(replyHandedOver(t, time.Minute, ""), readyFrame(t), []byte("x"))))
		ctx, cancel := context.WithCancel(context.Background())
		c, err := w.dialer.DialContext(ctx, "", "")
		require.NoError(t, err)
		defer c.Close()
		cancel()
		wantRead(t, c, "x")
	})
}

func TestUnreadHelloIsBoundedByConnectTimeout(t *testing.T) {
	w := newFixture(t, scriptedBroker(t, nil))
	ours, theirs := net.Pipe()
	defer theirs.Close()
	w.dialer.Connect = func(context.Context, string, string) (net.Conn, error) { return ours, nil }
	w.dialer.ConnectTimeout = 10 * time.Millisecond
	_, err := w.try()
	require.Error(t, err)
	_, err = ours.Write([]byte("x"))
	require.ErrorIs(t, err, io.ErrClosedPipe)
}

// A broker that does not hand over is an error only if there is no address to reconnect to.
func TestBrokerThatDoesNotHandOver(t *testing.T) {
	elsewhere := echoServer(t, "")
	cases := map[string]struct {
		said   []byte
		code   wire.RefusedCode
		reason fallback.Reason
	}{
		"an unknown service":          {replyRefused(wire.RefusedServiceUnknown), wire.RefusedServiceUnknown, fallback.ServicePolicyDisabled},
		"an unsupported version":      {replyRefused(wire.RefusedVersionUnsupported), wire.RefusedVersionUnsupported, fallback.ClientUnsupported},
		"too few descriptors":         {replyRefused(wire.RefusedFDPressure), wire.RefusedFDPressure, fallback.FDPressureDisabled},
		"too many failures":           {replyRefused(wire.RefusedRateLimited), wire.RefusedRateLimited, fallback.FailedAttemptRateLimited},
		"a peer that may not connect": {replyRefused(wire.RefusedPeerRejected), wire.RefusedPeerRejected, fallback.PermissionDenied},
		"no backend could be started": {replyRefused(wire.RefusedBackendSpawnFailed), wire.RefusedBackendSpawnFailed, fallback.BackendGone},
		"an unknown code":             {replyRefused(99), 99, fallback.ServicePolicyDisabled},
		"nothing is handed over":      {replyNotHandedOver(""), 0, fallback.ServicePolicyDisabled},
		"fallback without an address": {join(replyHandedOver(t, time.Minute, ""), fallbackFrame("")), 0, fallback.BackendGone},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			w := newFixture(t, scriptedBroker(t, test.said))
			c := w.dial()
			mustWrite(t, c, "early")
			_, err := c.Read(make([]byte, 1))
			var no *client.RefusedError
			require.ErrorAs(t, err, &no)
			require.Equal(t, test.code, no.Code)
			require.Equal(t, test.reason, no.Fallback().Reason)
			require.NotEmpty(t, no.Error())
			if test.code != 0 {
				require.Equal(t, time.Second, no.Decision.RetryAfter)
				require.Equal(t, "no", no.Detail)
			}
			require.Equal(t, client.Failed, c.Outcome())
			_, err = c.Write([]byte("x"))
			require.Equal(t, error(no), err)
			require.NoError(t, c.Close())

			w.dialer.Reconnect = elsewhere.address
			c = w.dial()
			mustWrite(t, c, "early")
			wantRead(t, c, "early")
			require.Equal(t, client.Reconnected, c.Outcome())
			require.Equal(t, test.reason, c.Decision().Reason)
			require.Equal(t, elsewhere.address, c.RemoteAddr().String())
			require.NotEqual(t, elsewhere.address, c.LocalAddr().String())
			require.False(t, w.traced(client.OpDoubt))
		})
	}
}

// The address in the fallback comes before that in the reply, and that before Dialer.Reconnect.
func TestPriorityOfReconnectAddresses(t *testing.T) {
	right, wrong := echoServer(t, "right"), echoServer(t, "wrong")
	for name, test := range map[string]struct{ fallback, reply, own string }{
		"the fallback's":   {right.address, wrong.address, wrong.address},
		"the reply's":      {"", right.address, wrong.address},
		"Dialer.Reconnect": {"", "", right.address},
	} {
		t.Run(name, func(t *testing.T) {
			w := newFixture(t, scriptedBroker(t, join(replyHandedOver(t, time.Minute, test.reply), fallbackFrame(test.fallback))))
			w.dialer.Reconnect = test.own
			wantRead(t, w.dial(), "right")
		})
	}
}

func TestReconnectFails(t *testing.T) {
	nobody := echoServer(t, "").address
	w := newFixture(t, scriptedBroker(t, join(replyHandedOver(t, time.Minute, ""), fallbackFrame(nobody))))
	gone := errors.New("gone")
	connect := w.dialer.Connect
	w.dialer.Connect = func(ctx context.Context, network, address string) (net.Conn, error) {
		if address == nobody {
			return nil, gone
		}
		return connect(ctx, network, address)
	}
	c := w.dial()
	mustWrite(t, c, "early")
	_, err := c.Read(make([]byte, 1))
	var failed *client.ReconnectError
	require.ErrorAs(t, err, &failed)
	require.ErrorIs(t, err, gone)
	require.Equal(t, nobody, failed.Address)
	require.Zero(t, failed.Replayed)
	require.Equal(t, fallback.BackendGone, failed.Decision.Reason)
	require.Equal(t, client.Failed, c.Outcome())
	require.NoError(t, c.Close())
}
