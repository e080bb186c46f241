package compat_test

import (
	"bytes"
	"io"
	"net"
	"testing"
	"time"

	"github.com/handoff-go/handoff/broker"
	"github.com/handoff-go/handoff/client"
	"github.com/handoff-go/handoff/compat"
	"github.com/handoff-go/handoff/internal/socktest"
	"github.com/handoff-go/handoff/registry"
	"github.com/handoff-go/handoff/wire"
	"github.com/stretchr/testify/require"
)

// greet answers the hello of one client as a broker of running-process does: with a token that ready
// will carry, and an address for the case that ready does not come.
func greet(c net.Conn, ready registry.Token, reconnect string) error {
	frame, err := wire.ReadFrame(c, wire.MaxHello)
	if err != nil {
		return err
	}
	reply := wire.HelloReply{FrameID: frame.RequestID, Negotiated: &wire.Negotiated{
		Protocol: 1, Capabilities: wire.CapabilityHandlePassing, Token: ready, Address: reconnect,
	}}
	_, err = c.Write(reply.Append(nil))
	return err
}

// A broker that hands over in the older form, and says nothing when that fails, loses no client that
// knows it: each is served whole, by the backend that acknowledged or at the other address.
func TestClientsOfAnOlderBroker(t *testing.T) {
	ack := func(p *oldPeer) []byte { return p.frame(p.accept()).bytes() }
	for name, test := range map[string]struct {
		answer   answer
		deadline time.Duration
		kind     broker.Kind
		want     client.Outcome
	}{
		"adopted":            {answer{write: ack, then: serves}, patient, broker.Adopted, client.Adopted},
		"rejected":           {answer{write: func(p *oldPeer) []byte { return p.frame(p.reject("no")).bytes() }, then: dropsFirst}, patient, broker.Fallback, client.Reconnected},
		"left by a backend":  {answer{then: drops}, patient, broker.Fallback, client.Reconnected},
		"fenced, no answer":  {answer{then: holds}, quick, broker.Fenced, client.Reconnected},
		"fenced, for garble": {answer{write: func(*oldPeer) []byte { return []byte("?") }, then: holds}, patient, broker.Fenced, client.Reconnected},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorldOf(t, registry.Options{AckDeadline: test.deadline})
			elsewhere := listenTCP(t)
			go socktest.EchoLines("elsewhere", elsewhere)
			front := listenTCP(t)
			for range *answerRounds {
				ready, err := registry.ParseToken(bytes.Repeat([]byte{9}, registry.TokenSize))
				require.NoError(t, err)
				ours, link := rawLink(t)
				served := make(chan error, 1)
				go func() {
					p := oldPeer{link: link, fd: -1}
					err := p.answer(test.answer)
					p.endLink()
					served <- err
				}()
				d := client.Dialer{Service: oldService, WantedVersion: "4.5.5", Compat: true}
				c, err := d.DialContext(t.Context(), "tcp", front.Addr().String())
				require.NoError(t, err)
				require.NoError(t, c.SetDeadline(time.Now().Add(2*hang)))
				conn, err := front.Accept()
				require.NoError(t, err)
				require.NoError(t, greet(conn, ready, elsewhere.Addr().String()))
				o, err := w.sender.Handoff(t.Context(), conn, ours, compat.Request{Service: oldService, Ready: ready})
				require.NoError(t, err)
				require.Equal(t, test.kind, o.Kind)
				if o.Conn != nil {
					require.NoError(t, o.Conn.Close()) // without a word
				}
				_, err = io.WriteString(c, "who?\n")
				require.NoError(t, err)
				hear(t, c, map[client.Outcome]string{client.Adopted: "who?", client.Reconnected: "elsewhere: who?"}[test.want])
				require.Equal(t, test.want, c.(*client.Conn).Outcome())
				require.NoError(t, c.Close())
				require.NoError(t, <-served)
			}
		})
	}
}

// A link that is over before the offer leaves the connection settled, and as usable as it was.
func TestHandoffOnADeadLink(t *testing.T) {
	w := newWorldOf(t, registry.Options{AckDeadline: patient})
	ours, link := rawLink(t)
	closeFD(t, link)
	conn, server := socktest.TCPPair(t)
	o, err := w.sender.Handoff(t.Context(), server, ours, compat.Request{Service: oldService})
	require.NoError(t, err)
	require.Equal(t, broker.Fallback, o.Kind)
	require.True(t, o.Settled)
	require.Zero(t, o.Attempts)
	_, err = conn.Write(question)
	require.NoError(t, err)
	require.NoError(t, conn.CloseWrite())
	answered{Outcome: o, client: conn}.requireUsable(t)
}

func listenTCP(t *testing.T) net.Listener {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { ln.Close() })
	return ln
}
