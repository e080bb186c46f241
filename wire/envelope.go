package wire

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strconv"
)

// Expect returns nil if f has this kind and protocol, and else an [*EnvelopeError] for the first
// mismatch of version, kind, protocol and encoding. It is for a reader that waits for one message
// and accepts no other.
func (f Frame) Expect(kind Kind, protocol Protocol) error {
	switch {
	case f.Version != Version:
		return &EnvelopeError{Got: uint64(f.Version), Err: ErrVersion}
	case f.Kind != kind:
		return &EnvelopeError{Got: uint64(uint32(f.Kind)), Err: ErrKind}
	case f.Protocol != protocol:
		return &EnvelopeError{Got: uint64(f.Protocol), Err: ErrProtocol}
	case f.Encoding != EncodingNone:
		return &EnvelopeError{Got: uint64(uint32(f.Encoding)), Err: ErrEncoding}
	}
	return nil
}

// expectAny is Expect for all pairs of kind and protocol that have a message. A kind that no
// message has is an error before the protocol is checked; a kind that messages of other
// protocols have, after it.
func (f Frame) expectAny() error {
	kind, protocol := f.Kind, f.Protocol
	if kind < KindRequest || kind > KindEvent {
		kind = KindEvent
	}
	switch protocol {
	case ProtocolHandoff:
	case ProtocolLink, ProtocolClient:
		kind = KindEvent
	case ProtocolHello:
		if kind == KindEvent {
			kind = KindResponse
		}
	default:
		protocol = ProtocolHello
	}
	return f.Expect(kind, protocol)
}

// String describes the frame without its payload.
func (f Frame) String() string {
	return fmt.Sprintf("Frame(%v %v, request %d, %d bytes)", f.Kind, f.Protocol, f.RequestID, len(f.Payload))
}

// Format implements [fmt.Formatter]: it prints String for every verb, because the payload may
// contain a token.
func (f Frame) Format(s fmt.State, _ rune) { fmt.Fprint(s, f.String()) }

// LogValue implements [slog.LogValuer]: String.
func (f Frame) LogValue() slog.Value { return slog.StringValue(f.String()) }

// MarshalJSON implements [json.Marshaler]: String as text, which cannot be unmarshalled.
func (f Frame) MarshalJSON() ([]byte, error) { return json.Marshal(f.String()) }

// String returns the kind's name in lower case, or Kind(n) for another number.
func (k Kind) String() string {
	switch k {
	case KindRequest:
		return "request"
	case KindResponse:
		return "response"
	case KindEvent:
		return "event"
	case KindCancel:
		return "cancel"
	}
	return "Kind(" + strconv.Itoa(int(k)) + ")"
}

// String returns the protocol's name in lower case, or Protocol(n) for another number.
func (p Protocol) String() string {
	switch p {
	case ProtocolHello:
		return "hello"
	case ProtocolHandoff:
		return "handoff"
	case ProtocolLink:
		return "link"
	case ProtocolClient:
		return "client"
	}
	return fmt.Sprintf("Protocol(%#x)", uint32(p))
}

// String returns the encoding's name in lower case, or Encoding(n) for another number.
func (e Encoding) String() string {
	switch e {
	case EncodingNone:
		return "none"
	case EncodingZstd:
		return "zstd"
	case EncodingSnappy:
		return "snappy"
	case EncodingLZ4:
		return "lz4"
	}
	return "Encoding(" + strconv.Itoa(int(e)) + ")"
}
