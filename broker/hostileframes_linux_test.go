package broker_test

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoff-go/handoff/backend"
	"github.com/handoff-go/handoff/broker"
	"github.com/handoff-go/handoff/registry"
	"github.com/handoff-go/handoff/wire"
)

var frames = flag.Int("frames", 1_000_000, "how many random frames are sent on live links")

const noisy = "noisy" // the service of backends that send noise

// A million random frames, on links that have a handoff under way. Those that are well formed end nothing; each that is not costs its link and
// the one handoff on it; and after each of them everybody else is served.
func TestRandomFrames(t *testing.T) {
	n := *frames
	if testing.Short() {
		n /= 10
	}
	var counted tally
	o := patient()
	o.PingInterval = -1
	o.SettleTimeout = time.Millisecond // so long a backend may keep a link that is dropped
	o.Trace = counted.trace
	w := newWorld(t, o)
	w.echoBackend("sound", backend.Options{})
	kept := w.dial()
	kept.hello(t, "")
	kept.ready(t)

	g := &noise{t: t, Rand: rand.New(rand.NewPCG(1, 2))}
	var links uint64
	for ; g.sent < n; links++ {
		p := w.noisyPeer()
		c := w.dial()
		c.helloFor(t, noisy)
		g.own = p.offer()
		g.outOfTurn(w, p, min(g.IntN(400), n-g.sent))
		require.Equal(t, g.counts, counted.all(), "each is an ACK, a rejection or a release of nothing")
		kept.ask(t, "x", "sound: x")
		g.breaking(p)
		c.ended(t)
		p.die()
		g.counts = counted.all() // garbage may have been one, too
		other := w.dial()
		other.hello(t, "y\n")
		other.ready(t)
		other.hear(t, "sound: y")
		other.Close()
	}
	require.Eventually(t, func() bool {
		s := w.broker.Stats()
		return s.Fenced == links && s.Adopted == links+1
	}, 30*time.Second, time.Millisecond, "one handoff a link, and no other")
	s := w.broker.Stats()
	require.Zero(t, s.Fallback+s.Closed+s.Proxied)
	var dropped uint64
	for reason := range counted.reasons {
		require.Positive(t, counted.reasons[reason].Load(), "reason %d", reason)
		dropped += counted.reasons[reason].Load()
	}
	require.Equal(t, links, dropped, "each link is dropped by an error that has a type")
	t.Logf("%d frames on %d links: %+v", g.sent, links, g.counts)
	t.Attr("frames", fmt.Sprint(g.sent))
}

// tally counts what the broker makes of noise.
type tally struct {
	acks, nacks, released atomic.Int64     // that are about nothing
	reasons               [5]atomic.Uint64 // why links were dropped, by the type of the error
}

// counts are of messages about nothing that is under way.
type counts struct{ acks, nacks, released int64 }

func (c *tally) all() counts { return counts{c.acks.Load(), c.nacks.Load(), c.released.Load()} }

func (c *tally) trace(e broker.Event) {
	switch e.Op {
	case broker.OpReadAck:
		if errors.Is(e.Err, registry.ErrNotPending) {
			c.acks.Add(1)
		}
	case broker.OpReadNack:
		if e.Note != "" {
			c.nacks.Add(1)
		}
	case broker.OpReadReleased:
		if e.Note != "" {
			c.released.Add(1)
		}
	case broker.OpDropLink:
		var envelope *wire.EnvelopeError
		var field *wire.FieldError
		var size *wire.FrameSizeError
		switch {
		case errors.Is(e.Err, wire.ErrFraming):
			c.reasons[0].Add(1)
		case errors.As(e.Err, &size):
			c.reasons[1].Add(1)
		case errors.As(e.Err, &envelope):
			c.reasons[2].Add(1)
		case errors.As(e.Err, &field):
			c.reasons[3].Add(1)
		case errors.Is(e.Err, broker.ErrMessage):
			c.reasons[4].Add(1)
		}
	}
}

// noisyPeer links a hand-made backend of the noisy service.
func (w *world) noisyPeer() *peer {
	w.t.Helper()
	p := w.stranger()
	p.send(&wire.LinkHello{Version: wire.LinkVersion, Service: noisy})
	p.challenge()
	p.welcome()
	return p
}

// helloFor is hello for another service.
func (c *client) helloFor(t *testing.T, service string) {
	t.Helper()
	m := wire.Hello{FrameID: 7, MaxProtocol: 1, Service: service, Capabilities: wire.CapabilityHandlePassing}
	_, err := c.Write(m.Append(nil))
	require.NoError(t, err)
	c.readReply(t)
	require.NotNil(t, c.reply.Negotiated)
}

// noise makes frames at random, and counts them.
type noise struct {
	t *testing.T
	*rand.Rand
	counts
	own  offer // that is under way on the link
	sent int
}

// outOfTurn sends so many frames that are well formed and about nothing, and checks that
// the link has borne them: it answers afterwards.
func (g *noise) outOfTurn(w *world, p *peer, n int) {
	g.t.Helper()
	var b []byte
	for range n {
		b = g.message().Append(b)
		if len(b) > 16<<10 {
			p.write(b)
			b = b[:0]
		}
	}
	if len(b) > 0 {
		p.write(b)
	}
	g.sent += n
	w.sync(p)
}

func (g *noise) message() wire.Message {
	token := g.token()
	correlation := g.Uint64()
	switch g.IntN(4) {
	case 0:
		correlation = g.own.CorrelationID // of another token
	case 1:
		token = g.own.Token
		correlation = g.own.CorrelationID + 1 + g.Uint64N(3)
	case 2:
		correlation = g.Uint64N(100)
	}
	switch g.IntN(12) {
	case 0, 1, 2, 3:
		g.acks++
		return &wire.Ack{Token: token, Accepted: true, CorrelationID: correlation, Detail: g.words(20)}
	case 4, 5, 6:
		g.nacks++
		return &wire.Ack{Token: token, CorrelationID: correlation, Reason: wire.Reason(g.IntN(20)), Detail: g.words(200)}
	case 7, 8:
		g.released++
		return &wire.Released{Token: token, CorrelationID: correlation}
	case 9:
		g.released++ // of what was not revoked
		return (*wire.Released)(ptr(g.own.name()))
	case 10:
		return &wire.Pong{Nonce: g.Uint64(), Clock: g.Uint64()}
	}
	return &wire.Bye{Reason: wire.ByeReason(g.IntN(10)), Detail: g.words(100)}
}

func (g *noise) token() registry.Token {
	var b [registry.TokenSize]byte
	for i := range b {
		b[i] = byte(1 + g.IntN(255))
	}
	token, err := registry.ParseToken(b[:])
	require.NoError(g.t, err)
	return token
}

func (g *noise) words(most int) string {
	b := make([]byte, g.IntN(most))
	for i := range b {
		b[i] = 'a' + byte(g.IntN(26))
	}
	return string(b)
}

// breaking sends one frame that most likely is none, and what makes an end of it if it is
// not whole: the link is dropped.
func (g *noise) breaking(p *peer) {
	g.t.Helper()
	g.sent++
	b := append(g.garbage(), make([]byte, wire.HeaderSize+wire.MaxControl)...)
	// It may be dropped before all is written.
	_, _ = p.link.SendAll(b, -1, time.Now().Add(5*time.Second))
}

// garbage is bytes at random; as the body of a frame; in a frame that is in order but for
// its payload; what only a broker or a client says; and a message with one bit flipped.
func (g *noise) garbage() []byte {
	b := make([]byte, 1+g.IntN(300))
	for i := range b {
		b[i] = byte(g.Uint32())
	}
	switch g.IntN(6) {
	case 0:
		return b
	case 1:
		return append([]byte{wire.Version, byte(len(b)), byte(len(b) >> 8), 0, 0}, b...)
	case 2:
		f := wire.Frame{Version: wire.Version, Kind: wire.Kind(g.IntN(5)), Payload: b, RequestID: g.Uint64N(3)}
		f.Protocol = []wire.Protocol{wire.ProtocolHello, wire.ProtocolHandoff, wire.ProtocolLink, wire.ProtocolClient, 7}[g.IntN(5)]
		return f.Append(nil)
	case 3:
		return []wire.Message{
			&g.own.Offer,
			(*wire.Commit)(ptr(g.own.name())),
			(*wire.Revoke)(ptr(g.own.name())),
			&wire.Hello{Service: noisy},
			&wire.LinkHello{Version: wire.LinkVersion, Service: noisy},
			&wire.Welcome{Version: wire.LinkVersion, Mode: wire.ModeLease, MaxInFlight: 1, AckDeadline: time.Second},
			&wire.Fallback{},
			(*wire.Ready)(&wire.Ack{Token: g.own.Token, Accepted: true, CorrelationID: g.own.CorrelationID}),
		}[g.IntN(8)].Append(nil)
	case 4:
		return []byte{wire.Version, byte(g.Uint32()), byte(g.Uint32()), byte(1 + g.IntN(255)), byte(g.Uint32())}
	}
	own := g.own
	g.own = offer{} // which a flipped bit could acknowledge
	f := g.message().Append(nil)
	g.own = own
	f[g.IntN(len(f))] ^= 1 << g.IntN(8)
	return f
}
