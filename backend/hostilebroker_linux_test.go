package backend_test

import (
	"errors"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/handoff-go/handoff/backend"
	"github.com/handoff-go/handoff/registry"
	"github.com/handoff-go/handoff/wire"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// linkEnds are options that tell why each link ended.
func linkEnds() (backend.Options, <-chan error) {
	ends := make(chan error, 16)
	return backend.Options{RedialMin: time.Millisecond, Trace: func(e backend.Event) {
		if e.Op == backend.OpLinkEnd {
			ends <- e.Err
		}
	}}, ends
}

// A broker that says what makes no sense loses its link, by an error that can be told
// from others. What was held is closed, what is owned is served on, and the broker is
// dialled again.
func TestHostileBroker(t *testing.T) {
	frame := func(m wire.Message, change func(*wire.Frame)) []byte {
		f, err := wire.ParseFrame(m.Append(nil)[wire.HeaderSize:])
		require.NoError(t, err)
		change(&f)
		return f.Append(nil)
	}
	revoke := func(o offered) wire.Message { m := wire.Revoke(o.name()); return &m }
	commit := func(o offered) []byte { m := wire.Commit(o.name()); return m.Append(nil) }
	cases := map[string]struct {
		send func(held, owned offered) []byte
		is   func(error) bool
	}{
		"what is no frame":                 {func(_, _ offered) []byte { return []byte("HTTP/1.1 400 Bad Request\r\n") }, sentinel(wire.ErrFraming)},
		"a frame that is a byte too large": {func(_, _ offered) []byte { return []byte{1, 1, 0, 1, 0} }, size(wire.MaxOffer + 1)},
		"a frame of four gigabytes":        {func(_, _ offered) []byte { return []byte("\x01\xff\xff\xff\xff") }, size(1<<32 - 1)},
		"an empty frame":                   {func(_, _ offered) []byte { return []byte{1, 0, 0, 0, 0} }, envelope(wire.ErrVersion)},
		"a frame that is compressed": {func(held, _ offered) []byte {
			return frame(revoke(held), func(f *wire.Frame) { f.Encoding = wire.EncodingLZ4 })
		}, envelope(wire.ErrEncoding)},
		"a protocol that nobody speaks": {func(held, _ offered) []byte {
			return frame(revoke(held), func(f *wire.Frame) { f.Protocol = 0xFFFF })
		}, envelope(wire.ErrProtocol)},
		"a token that is cut short": {func(held, _ offered) []byte {
			return frame(revoke(held), func(f *wire.Frame) { f.Payload = f.Payload[:9] })
		}, field(wire.ErrTruncated)},
		"an offer under another request id": {func(held, _ offered) []byte {
			return frame(&held.Offer, func(f *wire.Frame) { f.RequestID++ })
		}, envelope(wire.ErrRequestID)},
		"an ACK": {func(held, _ offered) []byte {
			m := wire.Ack{Token: held.Token, Accepted: true, CorrelationID: held.CorrelationID}
			return m.Append(nil)
		}, sentinel(backend.ErrMessage)},
		"a commit of what was not acknowledged": {func(held, _ offered) []byte { return commit(held) }, sentinel(backend.ErrNeverAcked)},
		"a commit under another token": {func(held, owned offered) []byte {
			held.Token = owned.Token
			return commit(held)
		}, sentinel(backend.ErrNeverAcked)},
		"a commit of an earlier link": {func(_, owned offered) []byte { return commit(owned) }, sentinel(backend.ErrNeverAcked)},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			b := newBroker(t, wire.ModeLease)
			o, ends := linkEnds()
			ln := b.listen(o)
			accepted := accepting(ln)
			owned := b.offer(long)
			c := served(t, accepted)
			b.acked(owned)
			require.NoError(t, b.link.link.Close()) // so that there is an earlier link
			require.NoError(t, <-ends)
			b.welcome()

			held := b.offer(long)
			b.ping()
			b.write(test.send(held, owned), -1)
			err := <-ends
			require.True(t, test.is(err), "%v", err)
			b.gone()
			held.ended(t)
			b.welcome()
			_, err = c.Write([]byte("x"))
			require.NoError(t, err)
			n, err := owned.client.Read(make([]byte, 8))
			require.NoError(t, err)
			require.Equal(t, 1, n)
		})
	}
}

// An offer that is replayed, with a descriptor or without, is not taken twice.
func TestReplayedOffer(t *testing.T) {
	b := newBroker(t, wire.ModeLease)
	o, ends := linkEnds()
	b.listen(o)
	held := b.offer(long)
	b.write(held.Offer.Append(nil), -1)
	b.nacked(held, wire.ReasonDescriptorMissing)
	b.revoke(held) // the first is there still
	held.ended(t)

	held = b.offer(long)
	client, fd := tcpPair(t)
	b.write(held.Offer.Append(nil), fd)
	closeFD(t, fd)
	require.ErrorIs(t, <-ends, backend.ErrRepeated)
	b.gone()
	held.ended(t)
	offered{client: client}.ended(t)
}

// A frame that never ends keeps nobody: what is owned is served, and Close does not wait.
func TestFrameThatNeverEnds(t *testing.T) {
	b := newBroker(t, wire.ModeLease)
	ln := b.listen(backend.Options{})
	accepted := accepting(ln)
	owned := b.offer(long)
	c := served(t, accepted)
	b.acked(owned)
	held := b.offer(long)
	b.write([]byte{wire.Version, 0, 0, 1, 0}, -1)
	for range 1000 {
		b.write([]byte{0}, -1)
	}
	_, err := c.Write([]byte("x"))
	require.NoError(t, err)
	_, err = owned.client.Read(make([]byte, 1))
	require.NoError(t, err)
	require.NoError(t, ln.Close())
	held.ended(t)
	b.gone()
}

// More descriptors than there is room for: what came is closed, and the offer that the
// first one belongs to is taken.
func TestTruncatedControlMessage(t *testing.T) {
	b := newBroker(t, wire.ModeLease)
	ln := b.listen(backend.Options{})
	accepted := accepting(ln)
	o, fd := b.make(long)
	room := starve(t, 3) // for the first, and for what adopting it takes
	_, _, err := b.conn.WriteMsgUnix(o.Append(nil), unix.UnixRights(fd, fd, fd, fd, fd), nil)
	require.NoError(t, err)
	b.acked(o)
	room()
	closeFD(t, fd)
	c := served(t, accepted)
	require.Equal(t, o.client.LocalAddr(), c.RemoteAddr())
	require.Equal(t, backend.Descriptors{Opened: 3, Closed: 2, Adopted: 1}, ln.Stats().Descriptors)
	require.NoError(t, c.Close())
	o.ended(t)
}

// A backend that has no descriptor left says so. One that has no more than the connection
// takes is the owner before it finds that out: its Accept waits for room.
func TestNoDescriptorIsLeft(t *testing.T) {
	b := newBroker(t, wire.ModeLease)
	ln := b.listen(backend.Options{})
	accepted := accepting(ln)
	waiting(t, ln)
	none, fd := b.make(long)
	room := starve(t, 0)
	b.write(none.Append(nil), fd)
	b.nacked(none, wire.ReasonFDPressureDisabled)
	room()
	closeFD(t, fd)
	none.ended(t)

	one, room := b.starved(accepted, 1)
	room()
	c := served(t, accepted)
	require.Equal(t, one.client.LocalAddr(), c.RemoteAddr())
	require.EqualValues(t, 1, ln.Stats().Owned)
	require.Equal(t, backend.Descriptors{Opened: 1, Adopted: 1}, ln.Stats().Descriptors)
	require.NoError(t, c.Close())
	one.ended(t)

	enough := b.offer(long)
	c = served(t, accepting(ln))
	b.acked(enough)
	require.Equal(t, enough.client.LocalAddr(), c.RemoteAddr())
	require.EqualValues(t, 2, ln.Stats().Owned)
}

// An Accept that waits for room keeps nobody else, and Close ends the connection that it
// waits with.
func TestCloseWhileADescriptorIsWaitedFor(t *testing.T) {
	for _, extra := range []int{1, 2} { // one for each of the two that a connection takes
		b := newBroker(t, wire.ModeLease)
		ln := b.listen(backend.Options{})
		accepted := accepting(ln)
		waiting(t, ln)
		o, room := b.starved(accepted, extra)
		require.NoError(t, ln.Close())
		_, open := <-accepted
		require.False(t, open)
		room()
		o.ended(t)
		b.gone()
	}
}

// What is owned is not ended by a Drain, though its Accept waits for room and the link is
// over.
func TestDrainWhileADescriptorIsWaitedFor(t *testing.T) {
	b := newBroker(t, wire.ModeCommitOnly)
	ln := b.listen(backend.Options{RedialMin: long, RedialMax: long})
	kept := b.kept(ln)
	b.link.link.Close()
	require.Eventually(t, func() bool { return b.trace.has(backend.OpLinkEnd) }, hang, time.Millisecond)
	room := starve(t, 0)
	accepted := accepting(ln)
	time.Sleep(50 * time.Millisecond)
	require.NoError(t, ln.Drain(t.Context()))
	time.Sleep(50 * time.Millisecond)
	require.Empty(t, accepted)
	room()
	c := served(t, accepted)
	require.Equal(t, kept.client.LocalAddr(), c.RemoteAddr())
}

// starved makes an offer while there is room for n descriptors, and requires that the
// backend owns it and tells its client so, and that no Accept has it, until room is made.
func (b *broker) starved(accepted <-chan *backend.Conn, n int) (o offered, room func()) {
	b.t.Helper()
	token, err := readToken()
	require.NoError(b.t, err)
	o, fd := b.make(long)
	o.ReadyToken = token
	more := starve(b.t, n)
	b.write(o.Append(nil), fd)
	b.acked(o)
	o.isReady(b.t)
	time.Sleep(50 * time.Millisecond)
	require.Empty(b.t, accepted)
	b.ping() // nobody else waits
	return o, func() { more(); closeFD(b.t, fd) }
}

// starve leaves this process room for n descriptors, until room is made.
func starve(t *testing.T, n int) (room func()) {
	t.Helper()
	var all unix.Rlimit
	require.NoError(t, unix.Getrlimit(unix.RLIMIT_NOFILE, &all))
	low := all
	low.Cur = 256
	require.NoError(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &low))
	var spare []int
	for {
		fd, err := unix.Dup(0)
		if err != nil {
			require.ErrorIs(t, err, unix.EMFILE)
			break
		}
		spare = append(spare, fd)
	}
	require.GreaterOrEqual(t, len(spare), n)
	for _, fd := range spare[:n] {
		closeFD(t, fd)
	}
	room = sync.OnceFunc(func() {
		for _, fd := range spare[n:] {
			closeFD(t, fd)
		}
		require.NoError(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &all))
	})
	t.Cleanup(room)
	return room
}

// A hundred thousand random frames from brokers: those that are well formed are answered
// or passed over, and each other one ends its link by an error that has a type.
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
				batch = turnless(t, g).Append(batch)
			}
			sent += 20
			b.write(batch, -1)
			b.answered()
		}
		// The link may be ended before the padding is written.
		padded := append(garbage(t, g, held), make([]byte, wire.MaxOffer+wire.HeaderSize)...)
		_, err := b.link.link.SendAll(padded, -1, time.Now().Add(5*time.Second))
		if !errors.Is(err, unix.EPIPE) && !errors.Is(err, unix.ECONNRESET) {
			require.NoError(t, err)
		}
		sent++
		reasons[reasonOf(<-ends)]++
		held.ended(t)
		b.link.link.Close()
		b.welcome()
	}
	t.Logf("%d links: %v", offers, reasons)
	require.Zero(t, reasons["unknown"])
	for _, reason := range []string{"framing", "size", "envelope", "field", "message", "never acknowledged"} {
		require.Positive(t, reasons[reason], reason)
	}
	accepted := accepting(ln)
	sound := b.offer(long)
	served(t, accepted)
	b.acked(sound)
	require.EqualValues(t, 1, ln.Stats().Owned)
}

// answered reads what was answered so far.
func (l *link) answered() {
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

// turnless is a message that a broker may send, about nothing that is there.
func turnless(t *testing.T, g *rand.Rand) wire.Message {
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

// garbage is a frame that most likely is none, or says what a broker may not say.
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
	f := turnless(t, g).Append(nil)
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

func sentinel(target error) func(error) bool {
	return func(err error) bool { return errors.Is(err, target) }
}

func envelope(target error) func(error) bool {
	return func(err error) bool {
		var e *wire.EnvelopeError
		return errors.As(err, &e) && errors.Is(e, target)
	}
}

func field(target error) func(error) bool {
	return func(err error) bool {
		var e *wire.FieldError
		return errors.As(err, &e) && errors.Is(e, target)
	}
}

func size(n uint32) func(error) bool {
	return func(err error) bool {
		var e *wire.FrameSizeError
		return errors.As(err, &e) && e.Size == n && e.Max == wire.MaxOffer
	}
}
