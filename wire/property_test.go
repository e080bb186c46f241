package wire_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/handoff-go/handoff/wire"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/encoding/protowire"
	"pgregory.net/rapid"
)

// limitOf returns the limit of the reader that a message is for.
func limitOf(m wire.Message) int {
	switch m.(type) {
	case *wire.Hello, *wire.HelloReply:
		return wire.MaxHello
	case *wire.Offer:
		return wire.MaxOffer
	}
	return wire.MaxControl
}

// roundTrip checks that a message within the limits fits into its frame, and that this package
// and the official implementation of protobuf parse it to the same message.
func roundTrip(t *rapid.T) {
	m := messages().Draw(t, "m")
	require.NoError(t, m.Check())
	prefix := rapid.SliceOfN(rapid.Byte(), 0, 3).Draw(t, "prefix")
	b := m.Append(bytes.Clone(prefix))
	require.Equal(t, prefix, append([]byte{}, b[:len(prefix)]...), "Append adds")
	b = b[len(prefix):]

	frame, err := wire.ReadFrame(bytes.NewReader(b), limitOf(m))
	require.NoError(t, err)
	got, err := wire.Parse(frame)
	require.NoError(t, err)
	require.Equal(t, m, got)
	require.Equal(t, b, got.Append(nil), "one message, one form")
	require.Equal(t, b, frame.Append(nil))
	requireProtobufAgrees(t, b)
}

func TestRoundTrip(t *testing.T) { rapid.Check(t, roundTrip) }

// A stream cut into pieces of any size gives the same frames, with the same offsets.
func TestDecoderFindsFramesInPiecesOfAnySize(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sent := rapid.SliceOfN(messages(), 1, 6).Draw(t, "sent")
		var stream []byte
		var begins []uint64
		for _, m := range sent {
			begins = append(begins, uint64(len(stream)))
			stream = m.Append(stream)
		}
		d := wire.NewDecoder(wire.MaxOffer)
		var parser wire.Parser
		var got int
		for arrived := 0; arrived < len(stream); {
			piece := rapid.OneOf(rapid.Just(1), rapid.IntRange(1, 100), rapid.IntRange(1, len(stream))).Draw(t, "piece")
			n := copy(d.Free(), stream[arrived:min(len(stream), arrived+piece)])
			d.Advance(n)
			arrived += n
			require.EqualValues(t, arrived, d.Received())
			for {
				frame, at, err := d.Next()
				if errors.Is(err, wire.ErrIncomplete) {
					require.Equal(t, d.Offset(), at)
					break
				}
				require.NoError(t, err)
				require.Equal(t, begins[got], at)
				m, err := parser.Parse(frame)
				require.NoError(t, err)
				require.Equal(t, sent[got], m)
				got++
			}
			require.EqualValues(t, arrived, d.Offset()+uint64(len(d.Rest())))
			require.LessOrEqual(t, d.Cap(), max(512, 2*(wire.HeaderSize+wire.MaxOffer)))
		}
		require.Len(t, sent, got)
		require.Empty(t, d.Rest())
	})
}

// unknown draws a field that no message has.
func unknown(t *rapid.T) []byte {
	num := protowire.Number(rapid.SampledFrom([]int{16, 20, 99, 105, 1000, 1<<29 - 1}).Draw(t, "number"))
	b := []byte{}
	switch rapid.IntRange(0, 4).Draw(t, "wire type") {
	case 0:
		b = protowire.AppendVarint(protowire.AppendTag(b, num, protowire.VarintType), number64(t))
	case 1:
		b = protowire.AppendBytes(protowire.AppendTag(b, num, protowire.BytesType), blob(t, 200))
	case 2:
		b = protowire.AppendFixed32(protowire.AppendTag(b, num, protowire.Fixed32Type), number32(t))
	case 3:
		b = protowire.AppendFixed64(protowire.AppendTag(b, num, protowire.Fixed64Type), number64(t))
	case 4:
		b = protowire.AppendTag(b, num, protowire.StartGroupType)
		if rapid.Bool().Draw(t, "nested") {
			b = append(b, unknown(t)...)
		}
		b = protowire.AppendTag(b, num, protowire.EndGroupType)
	}
	return b
}

// salt inserts unknown fields between the fields of a message.
func salt(t *rapid.T, message []byte) []byte {
	out := []byte{}
	for len(message) > 0 {
		if rapid.Bool().Draw(t, "salted") {
			out = append(out, unknown(t)...)
		}
		_, _, n := protowire.ConsumeField(message)
		require.Positive(t, n)
		out = append(out, message[:n]...)
		message = message[n:]
	}
	return append(out, unknown(t)...)
}

func TestUnknownFieldsAreSkipped(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := messages().Draw(t, "m")
		frame, err := wire.ParseFrame(salt(t, m.Append(nil)[wire.HeaderSize:]))
		require.NoError(t, err)
		frame.Payload = salt(t, frame.Payload)
		got, err := wire.Parse(frame)
		if tooLarge(err) {
			return // the salt does not fit beside a message at its limits
		}
		require.NoError(t, err)
		require.Equal(t, m, got)
	})
}

// Two concatenated payloads of a kind are one message, as in protobuf: the last value of a field
// counts, and nested messages are merged.
func TestLaterValuesWin(t *testing.T) {
	envelope := func(m wire.Message) wire.Frame {
		f, err := wire.ParseFrame(m.Append(nil)[wire.HeaderSize:])
		require.NoError(t, err)
		return f
	}
	// A reply is a oneof of two messages, a link's payload a oneof of nine.
	mixes := [][]int{{0}, {1, 2}, {3}, {4}, {5}, {6}, {7, 8, 9, 10, 11, 12, 13, 14, 15}}
	rapid.Check(t, func(t *rapid.T) {
		mix := rapid.SampledFrom(mixes).Draw(t, "mix")
		draw := func() wire.Frame {
			return envelope(drawMessage(t, rapid.SampledFrom(mix).Draw(t, "message")))
		}
		frame, second := draw(), draw()
		frame.Payload = append(frame.Payload, second.Payload...)
		if frame.Protocol == wire.ProtocolHandoff {
			frame.RequestID = correlationID(t, frame)
		}
		got, err := wire.Parse(frame)
		official, protobufErr := protobufParse(t, payloadName(frame), frame.Payload)
		require.NoError(t, protobufErr)
		if err != nil {
			// Together they may be too much, or contradict each other.
			require.True(t, oneOf(err, wire.ErrTooMany, wire.ErrTooLong, wire.ErrValue) || tooLarge(err), err)
			var field *wire.FieldError
			if errors.As(err, &field) && errors.Is(err, wire.ErrTooMany) {
				require.NotZero(t, field.Field, "too many items, not two replies at once")
			}
			return
		}
		require.Equal(t, protobufBytes(t, official), append([]byte{}, envelope(got).Payload...))
	})
}

func oneOf(err error, targets ...error) bool {
	for _, target := range targets {
		if errors.Is(err, target) {
			return true
		}
	}
	return false
}

func tooLarge(err error) bool {
	var size *wire.FrameSizeError
	return errors.As(err, &size)
}
