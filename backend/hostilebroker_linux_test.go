package backend_test

import (
	"testing"
	"time"

	"github.com/handoff-go/handoff/backend"
	"github.com/handoff-go/handoff/internal/socktest"
	"github.com/handoff-go/handoff/wire"
	"github.com/stretchr/testify/require"
)

// linkEnds returns options that send why each link ended.
func linkEnds() (backend.Options, <-chan error) {
	ends := make(chan error, 16)
	return backend.Options{RedialMin: time.Millisecond, Trace: func(e backend.Event) {
		if e.Op == backend.OpLinkEnd {
			ends <- e.Err
		}
	}}, ends
}

// A message that a broker may not send ends the link with an error that names the problem. Copies
// that are not owned are closed, owned connections live on, and the broker is dialled again.
func TestHostileMessageEndsTheLink(t *testing.T) {
	frame := func(m wire.Message, change func(*wire.Frame)) []byte {
		f, err := wire.ParseFrame(m.Append(nil)[wire.HeaderSize:])
		require.NoError(t, err)
		change(&f)
		return f.Append(nil)
	}
	revoke := func(o offered) wire.Message { m := wire.Revoke(o.wireID()); return &m }
	commit := func(o offered) []byte { m := wire.Commit(o.wireID()); return m.Append(nil) }
	cases := map[string]struct {
		send func(held, owned offered) []byte
		is   func(error) bool
	}{
		"what is no frame":                 {func(_, _ offered) []byte { return []byte("HTTP/1.1 400 Bad Request\r\n") }, socktest.Is(wire.ErrFraming)},
		"a frame that is a byte too large": {func(_, _ offered) []byte { return []byte{1, 1, 0, 1, 0} }, socktest.IsFrameSize(wire.MaxOffer+1, wire.MaxOffer)},
		"a frame of four gigabytes":        {func(_, _ offered) []byte { return []byte("\x01\xff\xff\xff\xff") }, socktest.IsFrameSize(1<<32-1, wire.MaxOffer)},
		"an empty frame":                   {func(_, _ offered) []byte { return []byte{1, 0, 0, 0, 0} }, socktest.IsEnvelope(wire.ErrVersion)},
		"a frame that is compressed": {func(held, _ offered) []byte {
			return frame(revoke(held), func(f *wire.Frame) { f.Encoding = wire.EncodingLZ4 })
		}, socktest.IsEnvelope(wire.ErrEncoding)},
		"a protocol that nobody speaks": {func(held, _ offered) []byte {
			return frame(revoke(held), func(f *wire.Frame) { f.Protocol = 0xFFFF })
		}, socktest.IsEnvelope(wire.ErrProtocol)},
		"a token that is cut short": {func(held, _ offered) []byte {
			return frame(revoke(held), func(f *wire.Frame) { f.Payload = f.Payload[:9] })
		}, socktest.IsField(wire.ErrTruncated)},
		"an offer under another request id": {func(held, _ offered) []byte {
			return frame(&held.Offer, func(f *wire.Frame) { f.RequestID++ })
		}, socktest.IsEnvelope(wire.ErrRequestID)},
		"an ACK": {func(held, _ offered) []byte {
			m := wire.Ack{Token: held.Token, Accepted: true, CorrelationID: held.CorrelationID}
			return m.Append(nil)
		}, socktest.Is(backend.ErrMessage)},
		"a commit of what was not acknowledged": {func(held, _ offered) []byte { return commit(held) }, socktest.Is(backend.ErrNeverAcked)},
		"a commit under another token": {func(held, owned offered) []byte {
			held.Token = owned.Token
			return commit(held)
		}, socktest.Is(backend.ErrNeverAcked)},
		"a commit of an earlier link": {func(_, owned offered) []byte { return commit(owned) }, socktest.Is(backend.ErrNeverAcked)},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			b := newBroker(t, wire.ModeLease)
			o, ends := linkEnds()
			ln := b.listen(o)
			accepted := startAccept(ln)
			owned := b.offer(long)
			c := accept(t, accepted)
			b.readAck(owned)
			require.NoError(t, b.link.link.Close()) // so that there is an earlier link
			require.NoError(t, <-ends)
			b.welcome()

			held := b.offer(long)
			b.ping()
			b.write(test.send(held, owned), -1)
			err := <-ends
			require.True(t, test.is(err), "%v", err)
			b.readEOF()
			held.readEnd(t)
			b.welcome()
			_, err = c.Write([]byte("x"))
			require.NoError(t, err)
			n, err := owned.client.Read(make([]byte, 8))
			require.NoError(t, err)
			require.Equal(t, 1, n)
		})
	}
}

func TestReplayedOfferIsNotTakenTwice(t *testing.T) {
	b := newBroker(t, wire.ModeLease)
	o, ends := linkEnds()
	b.listen(o)
	held := b.offer(long)
	b.write(held.Offer.Append(nil), -1)
	b.readNack(held, wire.ReasonDescriptorMissing)
	b.revoke(held) // the first offer is still queued
	held.readEnd(t)

	held = b.offer(long)
	client, fd := tcpPair(t)
	b.write(held.Offer.Append(nil), fd)
	closeFD(t, fd)
	require.ErrorIs(t, <-ends, backend.ErrRepeated)
	b.readEOF()
	held.readEnd(t)
	offered{client: client}.readEnd(t)
}

func TestUnfinishedFrameDelaysNeitherServingNorClose(t *testing.T) {
	b := newBroker(t, wire.ModeLease)
	ln := b.listen(backend.Options{})
	accepted := startAccept(ln)
	owned := b.offer(long)
	c := accept(t, accepted)
	b.readAck(owned)
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
	held.readEnd(t)
	b.readEOF()
}
