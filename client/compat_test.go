package client_test

import (
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/handoff-go/handoff/client"
	"github.com/handoff-go/handoff/fallback"
	"github.com/handoff-go/handoff/wire"
	"github.com/stretchr/testify/require"
)

// oldBroker is a broker of running-process: it refuses who asks for no version, says what it is told
// to say, and ends the connection without a word.
func oldBroker(t *testing.T, reply func(*wire.Hello) []byte) *server {
	return serveTCP(t, func(c *net.TCPConn) {
		frame, err := wire.ReadFrame(c, wire.MaxHello)
		if err != nil {
			return
		}
		m, err := wire.Parse(frame)
		if err != nil {
			t.Errorf("not a valid hello: %v", err)
			return
		}
		hello := m.(*wire.Hello)
		b := reply(hello)
		if hello.WantedVersion == "" {
			b = (&wire.HelloReply{FrameID: hello.FrameID, Refused: &wire.Refused{Code: wire.RefusedPeerRejected, Reason: "invalid wanted_version"}}).Append(nil)
		}
		_, _ = c.Write(b)
	})
}

func TestWantedVersionIsAskedFor(t *testing.T) {
	p := oldBroker(t, func(m *wire.Hello) []byte {
		return join(replyHandedOver(t, time.Minute, ""), readyFrame(t), []byte("version "+m.WantedVersion))
	})
	w := newFixture(t, p)
	w.dialer.WantedVersion = "1.11.20"
	wantRead(t, w.dial(), "version 1.11.20")

	w = newFixture(t, p)
	_, err := w.dial().Read(make([]byte, 1))
	var refused *client.RefusedError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, wire.RefusedPeerRejected, refused.Code)

	w = newFixture(t, p)
	w.dialer.WantedVersion = strings.Repeat("1", 65)
	_, err = w.try()
	require.ErrorIs(t, err, wire.ErrTooLong)
	require.Zero(t, w.opened.Load())
}

// A broker of running-process that ends the connection has not handed it over. The client goes to
// another address at once, with what it has not written yet.
func TestEndWithoutAWordMeansReconnect(t *testing.T) {
	elsewhere := echoServer(t, "hello ")
	handedOver := replyHandedOver(t, time.Minute, elsewhere.address)
	for name, test := range map[string]struct {
		said      []byte
		reconnect string
		compat    bool
		doubt     bool
	}{
		"after the reply":                      {said: handedOver, compat: true},
		"after the reply, from another broker": {said: handedOver, doubt: true},
		"before the reply":                     {reconnect: elsewhere.address, compat: true},
		"before the reply, from another":       {reconnect: elsewhere.address, doubt: true},
		"within the reply":                     {said: handedOver[:9], reconnect: elsewhere.address, compat: true, doubt: true},
		"within ready":                         {said: join(handedOver, readyFrame(t)[:1]), compat: true, doubt: true},
	} {
		for _, write := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, writes first: %v", name, write), func(t *testing.T) {
				w := newFixture(t, oldBroker(t, func(*wire.Hello) []byte { return test.said }))
				w.dialer.WantedVersion, w.dialer.Compat, w.dialer.Reconnect = "1", test.compat, test.reconnect
				w.dialer.ReplayLimit = 1 << 10
				c := w.dial()
				if test.doubt {
					_, err := c.Read(make([]byte, 1))
					var inDoubt *client.InDoubtError
					require.ErrorAs(t, err, &inDoubt)
					require.ErrorIs(t, err, io.ErrUnexpectedEOF)
					require.Equal(t, client.Failed, c.Outcome())
					return
				}
				if write {
					mustWrite(t, c, "again")
				}
				wantRead(t, c, "hello ")
				if !write {
					mustWrite(t, c, "again")
				}
				wantRead(t, c, "again")
				require.Equal(t, client.Reconnected, c.Outcome())
				require.Equal(t, fallback.Decision{Reason: fallback.BackendGone}, c.Decision())
				require.False(t, w.traced(client.OpWrite), "written to the broker's connection")
			})
		}
	}
}

// Without another address the caller learns that nobody has read anything.
func TestEndWithoutAWordAndWithoutAnAddress(t *testing.T) {
	w := newFixture(t, oldBroker(t, func(*wire.Hello) []byte { return nil }))
	w.dialer.WantedVersion, w.dialer.Compat, w.dialer.Wait = "1", true, true
	_, err := w.try()
	var refused *client.RefusedError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, fallback.BackendGone, refused.Fallback().Reason)
}
