package client_test

import (
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"github.com/handoff-go/handoff/client"
	"github.com/handoff-go/handoff/wire"
	"github.com/stretchr/testify/require"
)

// frames returns what a peer may write, by name.
func frames(t *testing.T, elsewhere string) map[string][]byte {
	stranger := wire.Ready{Token: token(t, 8), Accepted: true}
	not := wire.Ready{Token: token(t, 7)}
	other := wire.HelloReply{FrameID: 2, Negotiated: &wire.Negotiated{Token: token(t, 7)}}
	return map[string][]byte{
		"handed over":                replyHandedOver(t, time.Minute, elsewhere),
		"not handed over":            replyNotHandedOver(elsewhere),
		"refused":                    replyRefused(wire.RefusedServiceUnknown),
		"a reply to another hello":   other.Append(nil),
		"ready":                      readyFrame(t),
		"ready with another token":   stranger.Append(nil),
		"ready that is not accepted": not.Append(nil),
		"fallback":                   fallbackFrame(elsewhere),
		"fallback to the reply":      fallbackFrame(""),
		"an ack":                     (&wire.Ack{Token: token(t, 7), Accepted: true}).Append(nil),
		"a link's message":           (&wire.Draining{}).Append(nil),
		"an empty frame":             []byte("\x01\x00\x00\x00\x00"),
		"a frame of no message":      []byte("\x01\x02\x00\x00\x00\x08\x01"),
		"garbage":                    []byte("HTTP/1.1 400 Bad Request\r\n\r\n"),
		"an endless frame":           []byte("\x01\xff\xff\xff\xff"),
		"a frame over its limit":     []byte("\x01\x01\x10\x01\x00"), // over 64 KiB, and so over 4 KiB
		"nothing":                    nil,                            // but the end of file
	}
}

// expectedOutcome is the model: the outcome of a client that reads these two frames.
func expectedOutcome(first, second string) client.Outcome {
	switch {
	case first == "not handed over" || first == "refused":
		return client.Reconnected
	case first == "handed over" && second == "ready":
		return client.Adopted
	case first == "handed over" && (second == "fallback" || second == "fallback to the reply"):
		return client.Reconnected
	}
	return client.Failed
}

// Whatever frames a peer writes, in whatever order, at once or a byte at a time: the outcome is the
// model's, and the bytes behind ready reach the user.
func TestEveryOrderOfFrames(t *testing.T) {
	elsewhere := echoServer(t, "elsewhere")
	said := frames(t, elsewhere.address)
	for _, dripped := range []bool{false, true} {
		for first := range said {
			for second := range said {
				t.Run(fmt.Sprintf("%s, %s, dripped %v", first, second, dripped), func(t *testing.T) {
					checkOrder(t, elsewhere, said, first, second, dripped)
				})
			}
		}
	}
}

func checkOrder(t *testing.T, elsewhere *server, said map[string][]byte, first, second string, dripped bool) {
	before := elsewhere.count.Load()
	script := join(said[first], said[second], []byte("right behind"))
	switch {
	case first == "nothing":
		script = nil
	case second == "nothing":
		script = said[first]
	}
	w := newFixture(t, fakeBroker(t, func(c *net.TCPConn) {
		if dripped {
			drip(c, script)
		} else {
			_, _ = c.Write(script)
		}
		_ = c.CloseWrite()
		_, _ = io.Copy(io.Discard, c)
	}))
	w.dialer.Reconnect = elsewhere.address
	c := w.dial()
	mustWrite(t, c, "early")
	want := expectedOutcome(first, second)
	switch want {
	case client.Adopted:
		wantRead(t, c, "right behind")
		_, err := c.Read(make([]byte, 1))
		require.ErrorIs(t, err, io.EOF)
		require.Zero(t, c.Decision())
	case client.Reconnected:
		wantRead(t, c, "elsewhereearly")
		require.NotZero(t, c.Decision().Reason)
	default:
		_, err := c.Read(make([]byte, 1))
		var doubt *client.InDoubtError
		require.ErrorAs(t, err, &doubt)
		require.Equal(t, len("early"), doubt.Written)
		require.Equal(t, first == "handed over", doubt.Replied)
		_, again := c.Write([]byte("x"))
		require.Equal(t, err, again)
		require.Zero(t, c.Decision())
	}
	require.Equal(t, want, c.Outcome())
	require.NoError(t, c.Close())
	require.Equal(t, want == client.Reconnected, elsewhere.count.Load() > before)
}

// drip writes b a byte at a time, each in its own packet: TCP_NODELAY is Go's default.
func drip(c net.Conn, b []byte) {
	for i := range b {
		if _, err := c.Write(b[i : i+1]); err != nil {
			return
		}
	}
}

// An end of file or a reset at any byte leaves the client in doubt, except behind the last byte.
func TestEndAtEveryByte(t *testing.T) {
	elsewhere := echoServer(t, "")
	for name, last := range map[string][]byte{"ready": readyFrame(t), "fallback": fallbackFrame(elsewhere.address)} {
		script := join(replyHandedOver(t, time.Minute, ""), last)
		for end := range len(script) + 1 {
			for _, reset := range []bool{false, true} {
				if reset && end == len(script) {
					continue // a reset may discard what was sent
				}
				t.Run(fmt.Sprintf("%s at %d, reset %v", name, end, reset), func(t *testing.T) {
					endAt(t, script[:end], end == len(script), name, reset)
				})
			}
		}
	}
	require.EqualValues(t, 1, elsewhere.count.Load())
}

func endAt(t *testing.T, script []byte, whole bool, last string, reset bool) {
	w := newFixture(t, fakeBroker(t, func(c *net.TCPConn) {
		if reset {
			_ = c.SetLinger(0)
		}
		_, _ = c.Write(script)
		if !reset {
			_ = c.CloseWrite()
			_, _ = io.Copy(io.Discard, c)
		}
	}))
	c := w.dial()
	if !reset {
		mustWrite(t, c, "early")
	}
	switch {
	case !whole:
		_, err := c.Read(make([]byte, 9))
		var doubt *client.InDoubtError
		require.ErrorAs(t, err, &doubt)
		if !reset {
			require.ErrorIs(t, err, io.ErrUnexpectedEOF)
			require.Equal(t, len("early"), doubt.Written)
		} else {
			require.Zero(t, doubt.Written) // dialling again cannot repeat anything
		}
		require.NotErrorIs(t, err, io.EOF) // the user must not take it for the end of an answer
	case last == "ready":
		n, err := c.Read(make([]byte, 9))
		require.Zero(t, n)
		require.ErrorIs(t, err, io.EOF)
		require.Equal(t, client.Adopted, c.Outcome())
	default:
		wantRead(t, c, "early")
		require.Equal(t, client.Reconnected, c.Outcome())
	}
}

// The client refuses a frame larger than a ready or fallback can be, without waiting for it.
func TestVerdictHasItsOwnLimit(t *testing.T) {
	c := newFixture(t, scriptedBroker(t, join(replyHandedOver(t, time.Hour, ""), []byte("\x01\x01\x10\x00\x00")))).dial()
	err := receive(t, readByte(c))
	var size *wire.FrameSizeError
	require.ErrorAs(t, err, &size)
	require.Equal(t, wire.MaxControl, size.Max)
}

// The bytes that a backend writes right behind ready reach the user of every client.
func TestBytesBehindReadyReachTheUser(t *testing.T) {
	w := newFixture(t, scriptedBroker(t, join(replyHandedOver(t, time.Minute, ""), readyFrame(t), []byte("at once"))))
	for range 200 {
		c := w.dial()
		small := make([]byte, 3)
		_, err := io.ReadFull(c, small)
		require.NoError(t, err)
		require.Equal(t, "at ", string(small))
		wantRead(t, c, "once")
		require.Equal(t, client.Adopted, c.Outcome())
		require.NoError(t, c.Close())
	}
}
