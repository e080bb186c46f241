package wire_test

import (
	"strings"
	"testing"

	"github.com/handoff-go/handoff/wire"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"
)

// The tests compare this package with the official implementation of protobuf, which parses
// the same bytes by handoff.proto.

// payloadName returns the name in handoff.proto of the message that a frame carries.
func payloadName(f wire.Frame) protoreflect.Name {
	switch {
	case f.Protocol == wire.ProtocolHello && f.Kind == wire.KindRequest:
		return "Hello"
	case f.Protocol == wire.ProtocolHello:
		return "HelloReply"
	case f.Protocol == wire.ProtocolHandoff && f.Kind == wire.KindRequest:
		return "HandoffOffer"
	case f.Protocol == wire.ProtocolHandoff:
		return "HandoffAck"
	case f.Protocol == wire.ProtocolLink:
		return "Link"
	}
	return "Fallback"
}

// protobufParse parses bytes with the official implementation, without unknown fields.
func protobufParse(t tester, name protoreflect.Name, b []byte) (*dynamicpb.Message, error) {
	t.Helper()
	descriptor := schema(t).Messages().ByName(name)
	require.NotNil(t, descriptor, name)
	m := dynamicpb.NewMessage(descriptor)
	err := proto.UnmarshalOptions{DiscardUnknown: true}.Unmarshal(b, m)
	return m, err
}

// protobufBytes returns the bytes that the official implementation writes for a message. They
// equal ours, because both write fields in the order of their numbers and omit zero values.
func protobufBytes(t tester, m *dynamicpb.Message) []byte {
	t.Helper()
	b, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
	require.NoError(t, err)
	return b
}

// requireProtobufAgrees checks that the official implementation parses a frame, and writes the
// same bytes for it.
func requireProtobufAgrees(t tester, frame []byte) {
	t.Helper()
	body := frame[wire.HeaderSize:]
	envelope, err := protobufParse(t, "Frame", body)
	require.NoError(t, err)
	require.Equal(t, body, protobufBytes(t, envelope))
	f, err := wire.ParseFrame(body)
	require.NoError(t, err)
	payload, err := protobufParse(t, payloadName(f), f.Payload)
	require.NoError(t, err)
	require.Equal(t, append([]byte{}, f.Payload...), append([]byte{}, protobufBytes(t, payload)...))
}

// Every enum here prints the names of handoff.proto, and knows no other number.
func TestEnumsMatchTheSchema(t *testing.T) {
	enums := map[protoreflect.Name]struct {
		prefix string
		text   func(protoreflect.EnumNumber) string
	}{
		"FrameKind":       {"FRAME_KIND_", func(n protoreflect.EnumNumber) string { return wire.Kind(n).String() }},
		"PayloadEncoding": {"PAYLOAD_ENCODING_", func(n protoreflect.EnumNumber) string { return wire.Encoding(n).String() }},
		"ErrorCode":       {"ERROR_CODE_", func(n protoreflect.EnumNumber) string { return wire.RefusedCode(n).String() }},
		"Reason":          {"REASON_", func(n protoreflect.EnumNumber) string { return wire.Reason(n).String() }},
		"Mode":            {"MODE_", func(n protoreflect.EnumNumber) string { return wire.Mode(n).String() }},
		"ByeReason":       {"BYE_REASON_", func(n protoreflect.EnumNumber) string { return wire.ByeReason(n).String() }},
	}
	all := schema(t).Enums()
	require.Len(t, enums, all.Len())
	for name, want := range enums {
		values := all.ByName(name).Values()
		for n := protoreflect.EnumNumber(-2); n < 70; n++ {
			value := values.ByNumber(n)
			if value == nil || value.Name() == "MODE_INVALID" {
				require.Regexp(t, `^[A-Z]\w+\(-?\d+\)$`, want.text(n))
				continue
			}
			text := strings.TrimPrefix(string(value.Name()), want.prefix)
			require.Equal(t, strings.ReplaceAll(strings.ToLower(text), "_", "-"), want.text(n))
		}
	}
}
