package client_test

import (
	"context"
	"io"
	"net"
	"testing"

	"github.com/handoff-go/handoff/client"
	"github.com/stretchr/testify/require"
)

// eofConn reads a byte at a time, and returns io.EOF with the last of so many, as an io.Reader may.
type eofConn struct {
	net.Conn
	left int
}

func (c *eofConn) Read(b []byte) (int, error) {
	if c.left == 0 {
		return 0, io.EOF
	}
	n, err := c.Conn.Read(b[:1])
	if c.left -= n; c.left == 0 {
		err = io.EOF
	}
	return n, err
}

// The byte that comes with the end of the stream counts: here it is the last of ready.
func TestTheLastByteMayComeWithTheEnd(t *testing.T) {
	script := join(replyHandedOver(t, testTimeout, ""), readyFrame(t))
	w := newFixture(t, scriptedBroker(t, script))
	connect := w.dialer.Connect
	w.dialer.Connect = func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := connect(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &eofConn{c, len(script)}, nil
	}
	c := w.dial()
	_, err := c.Read(make([]byte, 1))
	require.ErrorIs(t, err, io.EOF)
	require.Equal(t, client.Adopted, c.Outcome())
}
