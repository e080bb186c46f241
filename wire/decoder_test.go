package wire_test

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"github.com/handoff-go/handoff/wire"
	"github.com/stretchr/testify/require"
)

// feed writes a whole stream to a decoder without calling Next.
func feed(d *wire.Decoder, stream []byte) {
	for len(stream) > 0 {
		n := copy(d.Free(), stream)
		d.Advance(n)
		stream = stream[n:]
	}
}

func TestDecoderWaitsForWholeFrames(t *testing.T) {
	frame := (&wire.Bye{Reason: wire.ByeClosing}).Append(nil)
	for n := range len(frame) {
		d := wire.NewDecoder(wire.MaxControl)
		feed(d, frame[:n])
		f, at, err := d.Next()
		require.ErrorIs(t, err, wire.ErrIncomplete)
		require.Zero(t, f)
		require.Zero(t, at)
		require.Equal(t, frame[:n], append([]byte{}, d.Rest()...))
		feed(d, frame[n:])
		_, _, err = d.Next()
		require.NoError(t, err)
		require.EqualValues(t, len(frame), d.Offset())
	}
}

func TestDecoderReturnsSeveralFramesOfOneRead(t *testing.T) {
	var stream []byte
	for nonce := range uint64(500) {
		stream = (&wire.Ping{Nonce: nonce}).Append(stream)
	}
	d := wire.NewDecoder(wire.MaxControl)
	feed(d, stream)
	for nonce := range uint64(500) {
		f, at, err := d.Next()
		require.NoError(t, err)
		require.Equal(t, &wire.Ping{Nonce: nonce}, parse(t, f))
		require.Equal(t, d.Offset(), at+uint64(len((&wire.Ping{Nonce: nonce}).Append(nil))))
	}
	require.EqualValues(t, len(stream), d.Offset())
	require.Equal(t, d.Offset(), d.Received())
}

func parse(t tester, f wire.Frame) wire.Message {
	t.Helper()
	m, err := wire.Parse(f)
	require.NoError(t, err)
	return m
}

// The error of a stream is permanent, and comes with the first byte that shows it.
func TestDecoderReportsABrokenStreamAtOnce(t *testing.T) {
	for name, c := range map[string]struct {
		stream string
		shows  int // the bytes that are enough
		err    error
	}{
		"another version":          {"02 00000000", 1, wire.ErrFraming},
		"HTTP":                     {"47455420 2f20", 1, wire.ErrFraming},
		"too large":                {"01 01100000 00", 5, &wire.FrameSizeError{Size: 4097, Max: wire.MaxControl}},
		"as large as can be":       {"01 ffffffff 00", 5, &wire.FrameSizeError{Size: 1<<32 - 1, Max: wire.MaxControl}},
		"a good frame, then a bad": {"01 00000000 00", 6, wire.ErrFraming},
	} {
		t.Run(name, func(t *testing.T) {
			stream := unhex(t, c.stream)
			d := wire.NewDecoder(wire.MaxControl)
			var err error
			for n := 1; n <= c.shows; n++ {
				feed(d, stream[n-1:n])
				if _, _, err = d.Next(); n < c.shows && n != wire.HeaderSize {
					require.ErrorIs(t, err, wire.ErrIncomplete)
				}
			}
			require.Equal(t, c.err, err)
			feed(d, stream[c.shows:])
			feed(d, (&wire.Draining{}).Append(nil))
			_, at, again := d.Next()
			require.Equal(t, c.err, again)
			require.Equal(t, d.Offset(), at)
			require.Equal(t, c.shows == 6, at == wire.HeaderSize, "where the bad frame begins")
		})
	}
}

// Only the frame with a malformed body is lost.
func TestDecoderSkipsAMalformedFrame(t *testing.T) {
	stream := append(unhex(t, "01 01000000 08"), (&wire.Draining{}).Append(nil)...)
	d := wire.NewDecoder(wire.MaxControl)
	feed(d, stream)
	_, at, err := d.Next()
	var field *wire.FieldError
	require.ErrorAs(t, err, &field)
	require.Zero(t, at)
	f, at, err := d.Next()
	require.NoError(t, err)
	require.EqualValues(t, 6, at)
	require.Equal(t, &wire.Draining{}, parse(t, f))
}

func TestDecoderOffsetsOfALongStream(t *testing.T) {
	d := wire.NewDecoder(wire.MaxControl)
	frame := (&wire.Ping{Nonce: 1}).Append(nil)
	for i := range 10_000 {
		copy(d.Free(), frame)
		d.Advance(len(frame))
		_, at, err := d.Next()
		require.NoError(t, err)
		require.EqualValues(t, i*len(frame), at)
	}
	require.LessOrEqual(t, d.Cap(), 512)
}

// The bytes of frames that were returned make room also while reads end within the next frame.
func TestDecoderOfReadsThatEndWithinFrames(t *testing.T) {
	d := wire.NewDecoder(wire.MaxControl)
	frame := (&wire.Bye{Detail: "a detail that takes some bytes"}).Append(nil)
	feed(d, frame[:7])
	for range 10_000 {
		feed(d, append(slices.Clone(frame[7:]), frame[:7]...))
		_, _, err := d.Next()
		require.NoError(t, err)
		_, _, err = d.Next()
		require.ErrorIs(t, err, wire.ErrIncomplete)
		require.Len(t, d.Rest(), 7)
	}
	require.LessOrEqual(t, d.Cap(), 512)
}

func TestDecoderIgnoresAFailedRead(t *testing.T) {
	d := wire.NewDecoder(wire.MaxControl)
	require.Zero(t, d.Cap(), "an idle stream costs nothing")
	require.NotEmpty(t, d.Free())
	d.Advance(-1)
	d.Advance(0)
	require.Zero(t, d.Received())
	require.Panics(t, func() { d.Advance(len(d.Free()) + 1) })
}

// An announced length costs no memory; received bytes cost at most twice their number.
func TestDecoderMemoryIsProportionalToReceivedBytes(t *testing.T) {
	d := wire.NewDecoder(wire.MaxFrame)
	feed(d, unhex(t, "01 00000001")) // 16 MiB
	_, _, err := d.Next()
	require.ErrorIs(t, err, wire.ErrIncomplete)
	require.LessOrEqual(t, d.Cap(), 512)
	piece := make([]byte, 100)
	for arrived := wire.HeaderSize; arrived < 100_000; arrived += len(piece) {
		feed(d, piece)
		_, _, err := d.Next()
		require.ErrorIs(t, err, wire.ErrIncomplete)
		require.LessOrEqual(t, d.Cap(), max(512, 2*(arrived+len(piece))))
	}
}

func TestZeroDecoderAcceptsEmptyBodies(t *testing.T) {
	var d wire.Decoder
	feed(&d, unhex(t, "01 00000000 01 01000000"))
	f, _, err := d.Next()
	require.NoError(t, err)
	require.Zero(t, f)
	_, _, err = d.Next()
	require.Equal(t, &wire.FrameSizeError{Size: 1, Max: 0}, err)
}

// The bytes behind the last frame of a stream are available.
func TestRestReturnsTheBytesBehindTheLastFrame(t *testing.T) {
	d := wire.NewDecoder(wire.MaxHello)
	feed(d, append((&wire.Hello{Service: "web"}).Append(nil), "GET / HTTP/1.1\r\n"...))
	f, _, err := d.Next()
	require.NoError(t, err)
	require.Equal(t, &wire.Hello{Service: "web"}, parse(t, f))
	require.Equal(t, "GET / HTTP/1.1\r\n", string(d.Rest()))
}

// A Parser returns its own message of each type, emptied for each frame.
func TestParserReusesItsMessages(t *testing.T) {
	var p wire.Parser
	frame := func(m wire.Message) wire.Frame {
		f, err := wire.ReadFrame(bytes.NewReader(m.Append(nil)), limitOf(m))
		require.NoError(t, err)
		return f
	}
	for range 2 {
		seen := map[wire.Message]bool{}
		for _, v := range vectors(t) {
			m, err := p.Parse(frame(v.m))
			require.NoError(t, err, v.name)
			require.Equal(t, v.m, m, "nothing is left of the one before")
			seen[m] = true
		}
		require.Len(t, seen, 15, "one of each type")
	}
	kept, err := p.Parse(frame(&wire.Hello{Service: "a"}))
	require.NoError(t, err)
	_, err = p.Parse(frame(&wire.HelloReply{Negotiated: &wire.Negotiated{}}))
	require.NoError(t, err)
	_, err = p.Parse(frame(&wire.Hello{}))
	require.Error(t, err)
	require.NotEqual(t, kept, wire.Hello{Service: "a"}, "its next one took its place")
	m, err := p.Parse(frame(&wire.Hello{Service: "b"}))
	require.NoError(t, err)
	require.Same(t, kept, m)
	require.False(t, errors.Is(err, wire.ErrService))
}
