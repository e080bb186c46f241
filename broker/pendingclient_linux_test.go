package broker_test

import (
	"bytes"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/handoff-go/handoff/backend"
	"github.com/handoff-go/handoff/broker"
	"github.com/handoff-go/handoff/fallback"
	"github.com/handoff-go/handoff/wire"
	"github.com/stretchr/testify/require"
)

func TestClientThatHangsUpAtOnceHarmsNobody(t *testing.T) {
	w := newWorld(t, patient())
	w.echoBackend("one", backend.Options{})
	for range 50 {
		require.NoError(t, w.dial().Close())
	}
	c := w.dial()
	c.hello(t, "hello\n")
	c.ready(t)
	c.hear(t, "one: hello")
}

func TestSilentClientsKeepNobodyWaiting(t *testing.T) {
	o := patient()
	o.FirstBytes = time.Second
	w := newWorld(t, o)
	w.echoBackend("one", backend.Options{})
	var silent []*client
	for range 200 {
		silent = append(silent, w.dial())
	}
	c := w.dial()
	c.hello(t, "hello\n")
	c.ready(t)
	c.hear(t, "one: hello")
	for _, c := range silent {
		c.ended(t)
	}
}

func TestTooManySilentClientsAreDisconnected(t *testing.T) {
	o := patient()
	o.MaxWaiting = 2
	o.FirstBytes = 10 * time.Second
	w := newWorld(t, o)
	first, second := w.dial(), w.dial()
	require.Eventually(t, func() bool { return w.broker.Stats().Waiting == 2 }, hang, time.Millisecond)
	w.dial().ended(t)
	require.Equal(t, fallback.FDPressureDisabled, w.outcome().Decision.Reason)
	require.Equal(t, 2, w.broker.Stats().Waiting)
	w.echoBackend("one", backend.Options{})
	for _, c := range []*client{first, second} {
		c.hello(t, "hello\n")
		c.ready(t)
	}
}

func TestHelloMayDrip(t *testing.T) {
	w := newWorld(t, patient())
	w.echoBackend("one", backend.Options{})
	c := w.dial()
	m := wire.Hello{FrameID: 7, MaxProtocol: 1, Service: service, Capabilities: wire.CapabilityHandlePassing}
	for _, b := range m.Append(nil) {
		_, err := c.Write([]byte{b})
		require.NoError(t, err)
	}
	c.readReply(t)
	c.token = c.reply.Negotiated.Token
	c.ready(t)
	c.ask(t, "x", "one: x")
}

func TestHelloDripsForSoLongOnly(t *testing.T) {
	o := patient()
	o.FirstBytes = 100 * time.Millisecond
	w := newWorld(t, o)
	start := time.Now() // before the broker's time for the first bytes begins
	c := w.dial()
	m := wire.Hello{FrameID: 7, MaxProtocol: 1, Service: service, Capabilities: wire.CapabilityHandlePassing}
	frame := m.Append(nil)
	for i := 0; ; i++ {
		if _, err := c.Write(frame[i%len(frame):][:1]); err != nil {
			break
		}
		if i == len(frame)-2 {
			c.ended(t)
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	require.GreaterOrEqual(t, time.Since(start), 100*time.Millisecond)
	require.Equal(t, broker.Closed, w.outcome().Kind)
}

func TestGarbageIsNoHello(t *testing.T) {
	w := newWorld(t, patient())
	for _, garbage := range []string{
		"GET / HTTP/1.1\r\n",
		"\x01\xff\xff\xff\xff",
		"\x01\x00\x00\x00\x00",
		string((&wire.Draining{}).Append(nil)),
		string((&wire.HelloReply{Refused: new(wire.Refused)}).Append(nil)),
		string(wire.Frame{Version: 1, Protocol: wire.ProtocolHandoff}.Append(nil)),
	} {
		c := w.dial()
		_, err := io.WriteString(c, garbage)
		require.NoError(t, err)
		c.ended(t)
		require.Equal(t, broker.Closed, w.outcome().Kind)
	}
}

// Whoever runs the broker learns why a client was disconnected before a backend was looked for.
func TestDisconnectedClientIsReported(t *testing.T) {
	var logged bytes.Buffer
	o := patient()
	o.Logger = slog.New(slog.NewTextHandler(&logged, nil))
	w := newWorld(t, o)
	explicit := w.dial()
	_, err := io.WriteString(explicit, "GET / HTTP/1.1\r\n")
	require.NoError(t, err)
	explicit.ended(t)
	first := w.outcome()
	plain := dialTCP(t, w.plain(func(broker.Client) (broker.Request, error) { return broker.Request{}, broker.ErrNoRoute }))
	_, err = plain.Read(make([]byte, 1))
	require.ErrorIs(t, err, io.EOF)
	second := w.outcome()
	w.shutdown()
	require.ErrorIs(t, first.Err, wire.ErrFraming)
	require.ErrorIs(t, second.Err, broker.ErrNoRoute)
	for _, o := range []broker.Outcome{first, second} {
		require.Equal(t, broker.Closed, o.Kind)
		require.Equal(t, fallback.ClientUnsupported, o.Decision.Reason)
		require.Contains(t, logged.String(), "error="+strconv.Quote(o.Err.Error()))
	}
	require.Equal(t, 2, strings.Count(logged.String(), "level=INFO msg=\"client disconnected\""))
	require.Contains(t, logged.String(), "client="+plain.LocalAddr().String())
}
