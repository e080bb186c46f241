package backend_test

import (
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/handoff-go/handoff/backend"
	"github.com/handoff-go/handoff/registry"
	"github.com/handoff-go/handoff/wire"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// Of a hundred thousand random frames the valid ones are answered or ignored, and each of the others
// ends its link with an error of a known type.
func TestRandomFrames(t *testing.T) {
	n := 100_000
	if testing.Short() {
		n /= 10
	}
	b := newBroker(t, wire.ModeLease)
	o, ends := linkEnds()
	ln := b.listen(o)
	g := rand.New(rand.NewPCG(5, 6))
	reasons := map[string]int{}
	var offers uint64
	for sent := 0; sent < n; {
		held := b.offer(long)
		offers++
		for range g.IntN(20) {
			var batch []byte
			for range 20 {
				batch = harmless(t, g).Append(batch)
			}
			sent += 20
			b.write(batch, -1)
			b.readAnswers()
		}
		// The link may be ended before the padding is written.
		padded := append(garbage(t, g, held), make([]byte, wire.MaxOffer+wire.HeaderSize)...)
		_, err := b.link.link.SendAll(padded, -1, time.Now().Add(5*time.Second))
		if !errors.Is(err, unix.EPIPE) && !errors.Is(err, unix.ECONNRESET) {
			require.NoError(t, err)
		}
		sent++
		reasons[reasonOf(<-ends)]++
		held.readEnd(t)
		b.link.link.Close()
		b.welcome()
	}
	t.Logf("%d links: %v", offers, reasons)
	require.Zero(t, reasons["unknown"])
	for _, reason := range []string{"framing", "size", "envelope", "field", "message", "never acknowledged"} {
		require.Positive(t, reasons[reason], reason)
	}
	accepted := startAccept(ln)
	sound := b.offer(long)
	accept(t, accepted)
	b.readAck(sound)
	require.EqualValues(t, 1, ln.Stats().Owned)
}

// readAnswers reads the answers to everything that was sent.
func (l *link) readAnswers() {
	l.t.Helper()
	ping := wire.Ping{Nonce: 77}
	l.write(ping.Append(nil), -1)
	for {
		switch m := l.read().(type) {
		case *wire.Pong:
			if m.Nonce == ping.Nonce {
				return
			}
		case *wire.Ack: // an offer without its descriptor
			require.False(l.t, m.Accepted)
		default:
			require.Fail(l.t, "unexpected message", "%T", m)
		}
	}
}

// harmless returns a message that a broker may send, about no offer that exists.
func harmless(t *testing.T, g *rand.Rand) wire.Message {
	switch g.IntN(4) {
	case 0:
		return &wire.Revoke{Token: randomToken(t, g), CorrelationID: g.Uint64N(1000)}
	case 1:
		return &wire.Ping{Nonce: g.Uint64() | 1<<63}
	case 2:
		return &wire.Pong{Nonce: g.Uint64(), Clock: g.Uint64()}
	}
	preface := make([]byte, g.IntN(1000))
	return &wire.Offer{Token: randomToken(t, g), Service: service, CorrelationID: 1 << 40, ServeBy: g.Uint64(), Preface: preface}
}

func randomToken(t *testing.T, g *rand.Rand) registry.Token {
	t.Helper()
	var b [registry.TokenSize]byte
	for i := range b {
		b[i] = byte(1 + g.IntN(255))
	}
	token, err := registry.ParseToken(b[:])
	require.NoError(t, err)
	return token
}

// garbage returns bytes that are most likely no valid frame, or a message that a broker may not send.
func garbage(t *testing.T, g *rand.Rand, held offered) []byte {
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
		commit := wire.Commit{Token: held.Token, CorrelationID: held.CorrelationID}
		return []wire.Message{
			&commit,
			&wire.Commit{Token: randomToken(t, g), CorrelationID: g.Uint64()},
			&wire.Ack{Token: held.Token, Accepted: true, CorrelationID: held.CorrelationID},
			&wire.LinkHello{Version: wire.LinkVersion, Service: service},
			&wire.Draining{},
			(*wire.Released)(&commit),
		}[g.IntN(6)].Append(nil)
	case 4:
		return []byte{wire.Version, byte(g.Uint32()), byte(g.Uint32()), byte(2 + g.IntN(254)), byte(g.Uint32())}
	}
	f := harmless(t, g).Append(nil)
	f[g.IntN(len(f))] ^= 1 << g.IntN(8)
	return f
}

func reasonOf(err error) string {
	var e *wire.EnvelopeError
	var f *wire.FieldError
	var s *wire.FrameSizeError
	switch {
	case errors.Is(err, wire.ErrFraming):
		return "framing"
	case errors.As(err, &s):
		return "size"
	case errors.As(err, &e):
		return "envelope"
	case errors.As(err, &f):
		return "field"
	case errors.Is(err, backend.ErrMessage):
		return "message"
	case errors.Is(err, backend.ErrNeverAcked):
		return "never acknowledged"
	}
	return "unknown"
}
