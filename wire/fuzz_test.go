package wire_test

import (
	"bytes"
	"errors"
	"io"
	"runtime/metrics"
	"testing"

	"github.com/handoff-go/handoff/wire"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// envelopes returns the frames that a payload is put in; the fuzzer chooses one.
func envelopes() []wire.Frame {
	ready := asAck
	ready.Kind = wire.KindEvent
	return []wire.Frame{asHello, asReply, asOffer, asAck, ready, asLink, asFallback}
}

// FuzzPayload checks that any payload parses without a panic, with memory in proportion to its
// size, into one canonical form, and as the official implementation of protobuf parses it.
func FuzzPayload(f *testing.F) {
	for i, e := range envelopes() {
		f.Add(uint8(i), []byte{})
		for _, s := range seeds(f) {
			frame, err := wire.ReadFrame(bytes.NewReader(s), wire.MaxFrame)
			if err == nil && frame.Kind == e.Kind && frame.Protocol == e.Protocol {
				f.Add(uint8(i), frame.Payload)
			}
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, payload []byte) {
		all := envelopes()
		frame := all[int(which)%len(all)]
		frame.Payload = payload
		var parser wire.Parser
		before := allocatedSoFar()
		m, err := parser.Parse(frame)
		// The measure counts by whole pages, and other goroutines' pages too.
		require.LessOrEqual(t, allocatedSoFar()-before, uint64(256<<10+16*len(payload)))
		var envelope *wire.EnvelopeError
		if errors.As(err, &envelope) {
			require.ErrorIs(t, err, wire.ErrRequestID) // it is all that can be wrong with these
			frame.RequestID = correlationID(t, frame)
			m, err = parser.Parse(frame)
		}
		official, protobufErr := protobufParse(t, payloadName(frame), payload)
		if err != nil {
			require.Nil(t, m)
			if oneOf(err, wire.ErrTruncated, wire.ErrUTF8) || errors.Is(err, wire.ErrMalformed) && !mayBeDeep(payload) {
				require.Error(t, protobufErr, "%v", err)
			}
			return
		}
		require.NoError(t, protobufErr)
		require.NoError(t, m.Check())
		form := m.Append(nil)
		again, err := wire.ReadFrame(bytes.NewReader(form), limitOf(m))
		require.NoError(t, err)
		requireProtobufAgrees(t, form)
		m2 := parse(t, again)
		require.Equal(t, m, m2)
		require.Equal(t, form, m2.Append(nil))
		// protobuf keeps what this package does not: waits beyond a Duration, and zero tokens.
		frame.Payload = protobufBytes(t, official)
		require.Equal(t, m, parse(t, frame))
	})
}

// correlationID returns the correlation id of an offer or an ACK, parsed by protobuf.
func correlationID(t tester, frame wire.Frame) uint64 {
	official, err := protobufParse(t, payloadName(frame), frame.Payload)
	require.NoError(t, err)
	return official.Get(official.Descriptor().Fields().ByName("correlation_id")).Uint()
}

// mayBeDeep reports whether groups may be nested deeper than maxDepth, in two messages at most; the
// official implementation allows more.
func mayBeDeep(b []byte) bool {
	starts := 0
	for _, c := range b {
		if c&7 == 3 {
			starts++
		}
	}
	return starts >= 98
}

// FuzzStream checks that a Decoder that gets any bytes in any pieces agrees with ReadFrame.
func FuzzStream(f *testing.F) {
	var glued []byte
	for _, s := range seeds(f) {
		f.Add(s, []byte{1}, uint16(wire.MaxControl))
		glued = append(glued, s...)
	}
	f.Add(glued, []byte{3, 200, 1}, uint16(wire.MaxControl))
	f.Fuzz(func(t *testing.T, stream, pieces []byte, limit uint16) {
		d := wire.NewDecoder(int(limit))
		r := bytes.NewReader(stream)
		broken := false
		for arrived, i := 0, 0; arrived < len(stream); i++ {
			piece := 1
			if len(pieces) > 0 {
				piece += int(pieces[i%len(pieces)])
			}
			n := copy(d.Free(), stream[arrived:min(len(stream), arrived+piece)])
			d.Advance(n)
			arrived += n
			for !broken {
				before := uint64(len(stream) - r.Len())
				got, at, err := d.Next()
				require.Equal(t, before, at)
				if errors.Is(err, wire.ErrIncomplete) {
					break
				}
				want, wantErr := wire.ReadFrame(r, int(limit))
				if broken = errors.Is(err, wire.ErrFraming) || tooLarge(err); broken && wantErr == io.ErrUnexpectedEOF {
					break // the header's end never came, but its first byte was enough
				}
				require.Equal(t, wantErr, err)
				require.Equal(t, want, got)
				if err == nil {
					form := got.Append(nil)
					same, err := wire.ReadFrame(bytes.NewReader(form), len(form))
					require.NoError(t, err)
					require.Equal(t, got, same)
				}
			}
			require.LessOrEqual(t, d.Cap(), max(512, 2*(arrived+64)))
		}
		if !broken {
			_, err := wire.ReadFrame(r, int(limit))
			require.Equal(t, len(d.Rest()) == 0, err == io.EOF)
		}
	})
}

// FuzzRoundTrip is TestRoundTrip with messages drawn from the fuzzer's bytes.
func FuzzRoundTrip(f *testing.F) { f.Fuzz(rapid.MakeFuzz(roundTrip)) }

// seeds are the frames of the vectors and of the refusals.
func seeds(f *testing.F) (all [][]byte) {
	for _, v := range vectors(f) {
		all = append(all, v.m.Append(nil))
		if v.bytes != "" {
			all = append(all, unhex(f, v.bytes))
		}
	}
	for _, r := range refusals() {
		all = append(all, unhex(f, r.Hex))
	}
	return all
}

func allocatedSoFar() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
