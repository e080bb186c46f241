package broker_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/handoff-go/handoff/backend"
	"github.com/handoff-go/handoff/broker"
	"github.com/handoff-go/handoff/fallback"
	"github.com/handoff-go/handoff/internal/socktest"
	"github.com/handoff-go/handoff/wire"
	"github.com/stretchr/testify/require"
)

func hear(t *testing.T, c net.Conn, want string) {
	t.Helper()
	line, err := bufio.NewReader(c).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, want+"\n", line)
}

func TestHandoffOfOneConnection(t *testing.T) {
	w := newWorld(t, patient())
	w.echoBackend("one", backend.Options{})
	client, server := socktest.TCPPair(t)
	_, err := io.WriteString(client, "lo\n")
	require.NoError(t, err)
	o, err := w.broker.Handoff(context.Background(), server, broker.Request{Service: service, Preface: []byte("hel")})
	require.NoError(t, err)
	require.Equal(t, broker.Adopted, o.Kind)
	require.Nil(t, o.Conn)
	hear(t, client, "one: hello")
	_, err = server.Write([]byte("x"))
	require.ErrorIs(t, err, net.ErrClosed)
}

func TestHandoffGivesTheConnectionBack(t *testing.T) {
	w := newWorld(t, patient())
	client, server := socktest.TCPPair(t)
	require.NoError(t, server.SetDeadline(time.Unix(1, 0)))
	_, err := io.WriteString(client, "lo\n")
	require.NoError(t, err)
	o, err := w.broker.Handoff(context.Background(), server, broker.Request{Service: service, Preface: []byte("hel")})
	require.NoError(t, err)
	require.Equal(t, broker.Fallback, o.Kind)
	require.True(t, o.Settled)
	require.Equal(t, fallback.BackendGone, o.Decision.Reason)
	hear(t, o.Conn, "hello")

	// What was read of it is not sent to the next backend.
	_, err = io.WriteString(client, "again\n")
	require.NoError(t, err)
	w.echoBackend("one", backend.Options{})
	o, err = w.broker.Handoff(context.Background(), o.Conn, broker.Request{Service: service})
	require.NoError(t, err)
	require.Equal(t, broker.Adopted, o.Kind)
	hear(t, client, "one: again")
}

func TestPrefaceOfAConnectionThatCameBackGoesToTheNext(t *testing.T) {
	w := newWorld(t, patient())
	client, server := socktest.TCPPair(t)
	p := w.peer()
	type result struct {
		o   broker.Outcome
		err error
	}
	back := make(chan result, 1)
	go func() {
		o, err := w.broker.Handoff(context.Background(), server, broker.Request{Service: service, Preface: []byte("hello\n")})
		back <- result{o, err}
	}()
	offer := p.offer()
	require.Equal(t, "hello\n", string(offer.Preface))
	require.Equal(t, client.LocalAddr().String(), offer.ClientAddress)
	p.nack(offer, wire.ReasonBusy)
	r := <-back
	require.NoError(t, r.err)
	require.Equal(t, broker.Fallback, r.o.Kind)
	p.die()
	w.echoBackend("one", backend.Options{})
	o, err := w.broker.Handoff(context.Background(), r.o.Conn, broker.Request{Service: service})
	require.NoError(t, err)
	require.Equal(t, broker.Adopted, o.Kind)
	hear(t, client, "one: hello")
}

// Nobody had a copy of a connection of which no byte of an offer was sent. It has no deadlines either
// when Handoff gives it back.
func TestHandoffOfWhichNothingWasSentGivesBackWithoutDeadlines(t *testing.T) {
	w := newWorld(t, patient())
	client, server := socktest.TCPPair(t)
	p := w.peer()
	require.NoError(t, p.conn.CloseRead()) // an offer fails, and the link goes on until then
	require.NoError(t, server.SetDeadline(time.Unix(1, 0)))
	o, err := w.broker.Handoff(context.Background(), server, broker.Request{Service: service})
	require.NoError(t, err)
	require.Equal(t, broker.Fallback, o.Kind)
	require.Equal(t, 1, o.Attempts)
	require.Zero(t, w.trace.count(broker.OpSendOffer))
	_, err = io.WriteString(client, "x")
	require.NoError(t, err)
	_, err = o.Conn.Read(make([]byte, 1))
	require.NoError(t, err)
	require.NoError(t, o.Conn.Close())
}

func TestUnsettledConnectionIsNotOfferedAgain(t *testing.T) {
	w := newWorld(t, quick())
	client, server := socktest.TCPPair(t)
	p := w.peer()
	o, err := w.broker.Handoff(context.Background(), server, broker.Request{Service: service})
	require.NoError(t, err)
	require.Equal(t, broker.Fallback, o.Kind)
	require.False(t, o.Settled)
	p.offer() // it was there all the time, stuck
	again, err := w.broker.Handoff(context.Background(), o.Conn, broker.Request{Service: service})
	require.ErrorIs(t, err, broker.ErrUnsettled)
	require.Equal(t, o.Conn, again.Conn)
	require.NoError(t, o.Conn.Close()) // for everybody
	_, err = client.Read(make([]byte, 1))
	require.ErrorIs(t, err, io.EOF)
}

func TestHandoffThatCannotWaitFences(t *testing.T) {
	w := newWorld(t, patient())
	client, server := socktest.TCPPair(t)
	p := w.peer()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	var outcome broker.Outcome
	go func() {
		var err error
		outcome, err = w.broker.Handoff(ctx, server, broker.Request{Service: service})
		done <- err
	}()
	o := p.offer()
	cancel()
	require.ErrorIs(t, <-done, context.Canceled)
	require.Equal(t, broker.Fenced, outcome.Kind)
	require.Nil(t, outcome.Conn)
	p.revoke(o)
	_, err := client.Read(make([]byte, 1))
	require.ErrorIs(t, err, io.EOF)
	p.ack(o)
	w.sync(p) // which is not answered: it has ended
}

func TestHandoffRefusesWhatItCannotPass(t *testing.T) {
	w := newWorld(t, patient())
	_, server := socktest.TCPPair(t)
	cases := map[string]struct {
		conn    net.Conn
		request broker.Request
	}{
		"TLS":              {tls.Server(server, nil), broker.Request{Service: service}},
		"a pipe":           {first(net.Pipe()), broker.Request{Service: service}},
		"no service":       {server, broker.Request{}},
		"a long preface":   {server, broker.Request{Service: service, Preface: make([]byte, wire.MaxPreface+1)}},
		"long metadata":    {server, broker.Request{Service: service, Metadata: make([]byte, wire.MaxMetadata+1)}},
		"an endless name":  {server, broker.Request{Service: strings.Repeat("x", 65)}},
		"a client's novel": {server, broker.Request{Service: service, ClientAddress: strings.Repeat("x", wire.MaxAddress+1)}},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			o, err := w.broker.Handoff(context.Background(), test.conn, test.request)
			require.Error(t, err)
			require.Equal(t, test.conn, o.Conn)
			require.True(t, o.Settled)
		})
	}
	require.Zero(t, w.broker.Stats().Registry.Registered)
	require.Zero(t, w.broker.Stats().Descriptors.Opened)
}

func first(a, b net.Conn) net.Conn { b.Close(); return a }

func TestHandoffAfterShutdown(t *testing.T) {
	w := newWorld(t, patient())
	_, server := socktest.TCPPair(t)
	w.shutdown()
	o, err := w.broker.Handoff(context.Background(), server, broker.Request{Service: service})
	require.ErrorIs(t, err, broker.ErrClosed)
	require.Equal(t, server, o.Conn)
}

func TestProxyServesWhomNobodyAdopts(t *testing.T) {
	w := newWorld(t, patient())
	target, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer target.Close()
	go socktest.EchoLines("target", target)
	client, server := socktest.TCPPair(t)
	o, err := w.broker.Handoff(context.Background(), server,
		broker.Request{Service: service, Preface: []byte("hel"), Proxy: target.Addr().String()})
	require.NoError(t, err)
	require.Equal(t, broker.Proxied, o.Kind)
	require.Nil(t, o.Conn)
	_, err = io.WriteString(client, "lo\n")
	require.NoError(t, err)
	require.NoError(t, client.CloseWrite())
	got, err := io.ReadAll(client)
	require.NoError(t, err)
	require.Equal(t, "target: hello\n", string(got))
}

func TestProxyThatCannotBeReachedGivesBack(t *testing.T) {
	w := newWorld(t, patient())
	_, server := socktest.TCPPair(t)
	o, err := w.broker.Handoff(context.Background(), server, broker.Request{Service: service, Proxy: "/nowhere"})
	require.NoError(t, err)
	require.Equal(t, broker.Fallback, o.Kind)
	require.NotNil(t, o.Conn)
}
