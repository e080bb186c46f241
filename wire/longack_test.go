package wire_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/handoff-go/handoff/registry"
	"github.com/handoff-go/handoff/wire"
	"github.com/stretchr/testify/require"
)

// Running-process may write any text into a rejection.
func TestLongAckIsParsed(t *testing.T) {
	tok, err := registry.ParseToken(unhex(t, tokenHex))
	require.NoError(t, err)
	frameOf := func(m *wire.Ack) wire.Frame {
		frame, err := wire.ReadFrame(bytes.NewReader(m.Append(nil)), wire.MaxFrame)
		require.NoError(t, err)
		return frame
	}
	for _, length := range []int{0, wire.MaxDetail, wire.MaxDetail + 1, wire.MaxControl, 1 << 20} {
		for _, accepted := range []bool{true, false} {
			detail := strings.Repeat("\u00e9", length/2) + strings.Repeat("x", length%2)
			m, err := wire.ParseLongAck(frameOf(&wire.Ack{Token: tok, Accepted: accepted, Detail: detail, CorrelationID: 7}))
			require.NoError(t, err)
			want := &wire.Ack{Token: tok, Accepted: accepted, Detail: wire.ClipDetail(detail), CorrelationID: 7}
			require.Equal(t, want, m)
		}
	}
	otherID := frameOf(&wire.Ack{Token: tok, CorrelationID: 7})
	otherID.RequestID = 8
	asEvent := frameOf(&wire.Ack{Token: tok})
	asEvent.Kind = wire.KindEvent
	for want, frame := range map[error]wire.Frame{
		registry.ErrTokenMissing: frameOf(new(wire.Ack)),
		wire.ErrUTF8:             frameOf(&wire.Ack{Token: tok, Detail: "\xff"}),
		wire.ErrValue:            frameOf(&wire.Ack{Token: tok, Accepted: true, Reason: wire.ReasonBusy}),
		wire.ErrRequestID:        otherID,
		wire.ErrKind:             asEvent,
	} {
		m, err := wire.ParseLongAck(frame)
		require.Nil(t, m)
		require.ErrorIs(t, err, want)
	}
}
