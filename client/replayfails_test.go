package client_test

import (
	"context"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"github.com/handoff-go/handoff/client"
	"github.com/handoff-go/handoff/fallback"
	"github.com/stretchr/testify/require"
)

// The server may write before it reads the replay.
func TestAnswerBeforeTheReplayIsRead(t *testing.T) {
	ours, theirs := net.Pipe() // without a buffer: a write waits for its read
	w := newFixture(t, scriptedBroker(t, join(replyHandedOver(t, time.Minute, ""), fallbackFrame("elsewhere:1"))))
	connect := w.dialer.Connect
	w.dialer.Connect = func(ctx context.Context, network, address string) (net.Conn, error) {
		if address == "elsewhere:1" {
			return ours, nil
		}
		return connect(ctx, network, address)
	}
	c := w.dial()
	mustWrite(t, c, "request")
	reading := readByte(c)
	require.Eventually(t, func() bool { return w.traced(client.OpReconnect) }, testTimeout, time.Millisecond)
	require.NoError(t, c.SetReadDeadline(time.Unix(1, 0)))
	require.ErrorIs(t, receive(t, reading), os.ErrDeadlineExceeded) // the user's deadline applies during the replay
	require.NoError(t, c.SetReadDeadline(time.Time{}))
	heard := async(func() string {
		if _, err := theirs.Write([]byte("welcome")); err != nil {
			return err.Error()
		}
		b := make([]byte, len("request, more"))
		_, _ = io.ReadFull(theirs, b)
		return string(b)
	})
	wantRead(t, c, "welcome")
	mustWrite(t, c, ", more")
	require.Equal(t, "request, more", receive(t, heard))
	require.NoError(t, theirs.Close())
}

// If the replay fails, later writes return a ReconnectError; an answer that came before can be read.
func TestReplayFails(t *testing.T) {
	ours, theirs := net.Pipe()
	w := newFixture(t, scriptedBroker(t, join(replyHandedOver(t, time.Minute, ""), fallbackFrame("elsewhere:1"))))
	connect := w.dialer.Connect
	w.dialer.Connect = func(ctx context.Context, network, address string) (net.Conn, error) {
		if address == "elsewhere:1" {
			return ours, nil
		}
		return connect(ctx, network, address)
	}
	c := w.dial()
	mustWrite(t, c, "request")
	heard := async(func() error {
		_, _ = theirs.Write([]byte("no"))
		_, err := io.ReadFull(theirs, make([]byte, 3))
		theirs.Close()
		return err
	})
	wantRead(t, c, "no")
	require.NoError(t, receive(t, heard))
	_, err := c.Write([]byte("more"))
	var failed *client.ReconnectError
	require.ErrorAs(t, err, &failed)
	require.Equal(t, "elsewhere:1", failed.Address)
	require.Equal(t, 3, failed.Replayed)
	require.Equal(t, fallback.BackendGone, failed.Fallback().Reason)
	require.Equal(t, client.Reconnected, c.Outcome())
}
