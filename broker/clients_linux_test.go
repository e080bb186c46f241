package broker_test

import (
	"io"
	"net"
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
	require.Equal(t, broker.Closed, (<-w.outcomes).Kind)
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
		require.Equal(t, broker.Closed, (<-w.outcomes).Kind)
	}
}

func TestHelloThatCannotBeServed(t *testing.T) {
	cases := map[string]struct {
		hello   wire.Hello
		refused wire.RefusedCode
		reason  fallback.Reason
	}{
		"a version of the future": {wire.Hello{MinProtocol: 2, MaxProtocol: 3, Service: service, Capabilities: 1}, wire.RefusedVersionUnsupported, fallback.ServicePolicyDisabled},
		"an unknown service":      {wire.Hello{Service: "other", Capabilities: 1}, wire.RefusedServiceUnknown, fallback.ServicePolicyDisabled},
		"a disabled service":      {wire.Hello{Service: "off", Capabilities: 1}, 0, fallback.ServicePolicyDisabled},
		"a client that cannot":    {wire.Hello{Service: service}, 0, fallback.ClientUnsupported},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			o := patient()
			o.Services = map[string]broker.Service{service: {Reconnect: "/here"}, "off": {Disabled: true, Reconnect: "/here"}}
			w := newWorld(t, o)
			c := w.dial()
			test.hello.FrameID = 7
			_, err := c.Write(test.hello.Append(nil))
			require.NoError(t, err)
			c.readReply(t)
			if test.refused != 0 {
				require.Equal(t, test.refused, c.reply.Refused.Code)
			} else {
				require.Equal(t, "/here", c.reply.Negotiated.Address)
				require.True(t, c.reply.Negotiated.Token.IsZero())
				require.Zero(t, c.reply.Negotiated.WaitBudget)
			}
			c.ended(t)
			outcome := <-w.outcomes
			require.Equal(t, broker.Fallback, outcome.Kind)
			require.Equal(t, test.reason, outcome.Decision.Reason)
		})
	}
}

func TestNoBackendMeansFallback(t *testing.T) {
	w := newWorld(t, patient())
	c := w.dial()
	c.hello(t, "lots to say")
	require.Equal(t, wire.ReasonBackendGone, c.fallback(t).Reason)
}

func TestTooManyOnTheirWay(t *testing.T) {
	o := patient()
	o.MaxInFlight = 1
	w := newWorld(t, o)
	p := w.peer()
	first := w.dial()
	first.hello(t, "")
	offer := p.offer()
	second := w.dial()
	second.hello(t, "")
	require.True(t, second.token.IsZero()) // nothing is under way
	second.ended(t)
	require.Equal(t, fallback.FDPressureDisabled, (<-w.outcomes).Decision.Reason)
	p.ack(offer)
	p.commit(offer)
}

func TestTooManyOnOneLink(t *testing.T) {
	o := patient()
	o.MaxPerLink = 1
	w := newWorld(t, o)
	p := w.peer()
	first := w.dial()
	first.hello(t, "")
	offer := p.offer()
	second := w.dial()
	second.hello(t, "")
	require.Equal(t, wire.ReasonFDPressureDisabled, second.fallback(t).Reason)
	w.echoBackend("two", backend.Options{})
	third := w.dial()
	third.hello(t, "x\n")
	third.ready(t)
	third.hear(t, "two: x")
	p.ack(offer)
	p.commit(offer)
}

func TestBackendThatFailsTooOftenIsSpared(t *testing.T) {
	o := patient()
	o.Limit = fallback.Policy{MaxFailures: 2}
	w := newWorld(t, o)
	p := w.peer()
	for range 2 {
		c := w.dial()
		c.hello(t, "")
		p.nack(p.offer(), wire.ReasonBackendRejected)
		require.Equal(t, wire.ReasonBackendRejected, c.fallback(t).Reason)
	}
	c := w.dial()
	c.hello(t, "")
	f := c.fallback(t)
	require.Equal(t, wire.ReasonFailedAttemptRateLimited, f.Reason)
	require.Positive(t, f.RetryAfter)
	require.LessOrEqual(t, f.RetryAfter, fallback.DefaultWindow)
}

func TestLeastLoadedBackendComesFirst(t *testing.T) {
	w := newWorld(t, patient())
	one, two := w.peer(), w.peer()
	var clients []*client
	for i := range 4 {
		c := w.dial()
		c.hello(t, "")
		clients = append(clients, c)
		require.Eventually(t, func() bool { return w.trace.count(broker.OpSendOffer) > i }, hang, time.Millisecond)
	}
	for _, p := range []*peer{one, two} {
		for range 2 {
			o := p.offer()
			p.ack(o)
			p.sayReady(o, "x")
		}
	}
	for _, c := range clients {
		c.ready(t)
	}
}

func TestServeTakesRawListenersOnly(t *testing.T) {
	w := newWorld(t, patient())
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	wrapped := struct{ net.Listener }{ln}
	var e *broker.UnsupportedError
	require.ErrorAs(t, w.broker.Serve(wrapped, nil), &e)
	require.ErrorAs(t, w.broker.ServeBackends(ln), &e)
	require.Equal(t, fallback.ServicePolicyDisabled, e.Fallback().Reason)
}
