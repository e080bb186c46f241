package client_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"github.com/handoff-go/handoff/client"
	"github.com/stretchr/testify/require"
)

// delayedBroker is a broker that replies at once, and writes its verdict when the test sends it.
func delayedBroker(t *testing.T) (*server, chan<- []byte) {
	verdict := make(chan []byte, 1)
	return fakeBroker(t, func(c *net.TCPConn) {
		_, _ = c.Write(replyHandedOver(t, time.Minute, ""))
		select {
		case b := <-verdict:
			_, _ = c.Write(b)
		case <-time.After(testTimeout):
			t.Error("the test sent no verdict")
		}
		_, _ = io.Copy(c, c)
	}), verdict
}

func readByte(c net.Conn) <-chan error {
	return async(func() error {
		_, err := c.Read(make([]byte, 1))
		return err
	})
}

func TestReadDeadlineBeforeAndAfter(t *testing.T) {
	p, verdict := delayedBroker(t)
	w := newFixture(t, p)
	c := w.dial()
	past := time.Unix(1, 0)

	require.NoError(t, c.SetReadDeadline(past))
	require.ErrorIs(t, receive(t, readByte(c)), os.ErrDeadlineExceeded)
	require.NoError(t, c.SetReadDeadline(time.Now().Add(10*time.Millisecond)))
	require.ErrorIs(t, receive(t, readByte(c)), os.ErrDeadlineExceeded)

	require.NoError(t, c.SetReadDeadline(time.Now().Add(time.Hour)))
	waiting := readByte(c)
	require.NoError(t, c.SetDeadline(past)) // end the Read that waits
	require.ErrorIs(t, receive(t, waiting), os.ErrDeadlineExceeded)
	require.Equal(t, client.Pending, c.Outcome())

	require.NoError(t, c.SetReadDeadline(time.Time{}))
	require.NoError(t, c.SetWriteDeadline(time.Time{}))
	verdict <- join(readyFrame(t), []byte("x"))
	require.NoError(t, receive(t, readByte(c)))

	require.NoError(t, c.SetReadDeadline(past)) // from here on it is the deadline of the connection itself
	require.ErrorIs(t, receive(t, readByte(c)), os.ErrDeadlineExceeded)
	require.NoError(t, c.SetReadDeadline(time.Time{}))
	mustWrite(t, c, "y")
	wantRead(t, c, "y")
	require.NoError(t, c.SetWriteDeadline(past))
	_, err := c.Write([]byte("z"))
	require.ErrorIs(t, err, os.ErrDeadlineExceeded)
	require.NoError(t, c.Close())
	require.ErrorIs(t, c.SetDeadline(past), net.ErrClosed)
}

// A deadline that was set before the outcome applies after it, to either connection.
func TestDeadlineOutlivesTheWait(t *testing.T) {
	quiet := serveTCP(t, func(c *net.TCPConn) { _, _ = io.Copy(io.Discard, c) })
	for name, verdict := range map[string][]byte{"adopted": readyFrame(t), "reconnected": fallbackFrame(quiet.address)} {
		t.Run(name, func(t *testing.T) {
			w := newFixture(t, scriptedBroker(t, join(replyHandedOver(t, time.Minute, ""), verdict)))
			c := w.dial()
			for c.Outcome() == client.Pending {
				require.NoError(t, c.SetDeadline(time.Now().Add(50*time.Millisecond)))
				_, err := c.Read(make([]byte, 1))
				require.ErrorIs(t, err, os.ErrDeadlineExceeded)
			}
			require.Equal(t, name, c.Outcome().String())
			_, err := c.Read(make([]byte, 1))
			require.ErrorIs(t, err, os.ErrDeadlineExceeded)
			require.Eventually(t, func() bool {
				_, err := c.Write([]byte("x"))
				return err != nil
			}, testTimeout, time.Millisecond)
			require.NoError(t, c.SetWriteDeadline(time.Time{}))
			mustWrite(t, c, "x")
		})
	}
}

// Many Reads wait: one reads the frames, and all go on.
func TestManyReadsWait(t *testing.T) {
	p, verdict := delayedBroker(t)
	c := newFixture(t, p).dial()
	var waiting []<-chan error
	for range 8 {
		waiting = append(waiting, readByte(c))
	}
	require.NoError(t, c.SetReadDeadline(time.Unix(1, 0)))
	for _, done := range waiting {
		require.ErrorIs(t, receive(t, done), os.ErrDeadlineExceeded)
	}
	require.NoError(t, c.SetReadDeadline(time.Time{}))
	waiting = nil
	for range 8 {
		waiting = append(waiting, readByte(c))
	}
	verdict <- join(readyFrame(t), []byte("eight of"))
	for _, done := range waiting {
		require.NoError(t, receive(t, done))
	}
}

// When the call that reads the frames reaches its deadline, another call that waits goes on reading
// them: a Write after a Read, and a Read after a Write.
func TestWaitingCallTakesOverReadingFrames(t *testing.T) {
	p, verdict := delayedBroker(t)
	w := newFixture(t, p)
	w.dialer.ReplayLimit = -1
	c := w.dial()
	reading := readByte(c)
	require.Eventually(t, func() bool { return w.traced(client.OpReadReply) }, testTimeout, time.Millisecond)
	writing := async(func() error {
		_, err := c.Write([]byte("waits"))
		return err
	})
	require.NoError(t, c.SetReadDeadline(time.Unix(1, 0)))
	require.ErrorIs(t, receive(t, reading), os.ErrDeadlineExceeded)
	require.NoError(t, c.SetReadDeadline(time.Time{}))
	reading = readByte(c)
	require.NoError(t, c.SetWriteDeadline(time.Unix(1, 0)))
	require.ErrorIs(t, receive(t, writing), os.ErrDeadlineExceeded)
	require.NoError(t, c.SetWriteDeadline(time.Time{}))
	writing = async(func() error {
		_, err := c.Write([]byte("waits"))
		return err
	})
	verdict <- readyFrame(t)
	require.NoError(t, receive(t, writing))
	require.NoError(t, receive(t, reading))
	wantRead(t, c, "aits")
	require.False(t, w.traced(client.OpWrite)) // no byte was written before ready
}

func TestWriteBeyondTheLimitEndsByItsDeadline(t *testing.T) {
	p, verdict := delayedBroker(t)
	w := newFixture(t, p)
	w.dialer.ReplayLimit = 4
	c := w.dial()
	require.NoError(t, c.SetWriteDeadline(time.Now().Add(30*time.Millisecond)))
	n, err := c.Write([]byte("1234567"))
	require.ErrorIs(t, err, os.ErrDeadlineExceeded)
	require.LessOrEqual(t, n, 4)
	require.NoError(t, c.SetWriteDeadline(time.Time{}))
	verdict <- readyFrame(t)
	mustWrite(t, c, "1234567"[n:])
	wantRead(t, c, "1234567")
}

// A Write that its deadline cuts short returns how much it wrote, and the rest can follow, on either
// connection.
func TestWriteEndsInTheMiddleByItsDeadline(t *testing.T) {
	elsewhere := echoServer(t, "")
	for name, said := range map[string][]byte{"adopted": readyFrame(t), "reconnected": fallbackFrame(elsewhere.address)} {
		t.Run(name, func(t *testing.T) {
			p, verdict := delayedBroker(t)
			w := newFixture(t, p)
			w.dialer.ReplayLimit = 1 << 30
			connect := w.dialer.Connect
			w.dialer.Connect = func(ctx context.Context, network, address string) (net.Conn, error) {
				c, err := connect(ctx, network, address)
				if err == nil {
					err = c.(*countedConn).SetWriteBuffer(64 << 10)
				}
				return c, err
			}
			c := w.dial()
			text := make([]byte, 8<<20) // more than the socket buffers take
			for i := range text {
				text[i] = byte(i / 1000)
			}
			require.NoError(t, c.SetWriteDeadline(time.Now().Add(100*time.Millisecond)))
			n, err := c.Write(text)
			require.ErrorIs(t, err, os.ErrDeadlineExceeded)
			require.Less(t, n, len(text))
			require.NoError(t, c.SetWriteDeadline(time.Time{}))
			verdict <- said
			writing := async(func() error {
				_, err := c.Write(text[n:])
				return err
			})
			got := make([]byte, len(text))
			_, err = io.ReadFull(c, got)
			require.NoError(t, err)
			require.True(t, bytes.Equal(text, got))
			require.NoError(t, receive(t, writing))
			require.Equal(t, name, c.Outcome().String())
		})
	}
}
