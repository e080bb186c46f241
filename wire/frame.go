package wire

import (
	"encoding/binary"

	"google.golang.org/protobuf/encoding/protowire"
)

// Version is the version of the framing and of the envelope. It will not change.
const Version = 1

// HeaderSize is the number of bytes before a frame's body: the version and the length.
const HeaderSize = 1 + 4

// Kind says whether a frame is a request, a response or an event. The zero Kind is a request.
type Kind int32

// The kinds. No message of this package uses KindCancel.
const (
	KindRequest Kind = iota
	KindResponse
	KindEvent
	KindCancel
)

// Protocol says to which group of messages a payload belongs.
type Protocol uint32

// The payload protocols. The first two are those of running-process, the others ours.
const (
	ProtocolHello   Protocol = 0x0000 // Hello as a request, HelloReply as a response
	ProtocolHandoff Protocol = 0xD0FF // Offer as a request, Ack as a response, Ready as an event
	ProtocolLink    Protocol = 0xF0D0 // events between broker and backend
	ProtocolClient  Protocol = 0xF0D1 // Fallback, as an event
)

// Encoding is how a payload is compressed. This package accepts only EncodingNone.
type Encoding int32

// The encodings.
const (
	EncodingNone Encoding = iota
	EncodingZstd
	EncodingSnappy
	EncodingLZ4
)

// Frame is one frame: the envelope of a message. The zero Frame is what an empty body contains,
// which is valid on a stream, but not a message.
//
// A parsed frame shares the memory of the bytes that it was parsed from. It prints without its
// payload, which may contain a token.
type Frame struct {
	Version        uint32   // of the envelope: Version
	Kind           Kind     // request, response, event
	Protocol       Protocol // the group of messages
	Payload        []byte   // the message
	RequestID      uint64   // the same in a response as in its request
	Encoding       Encoding // of the payload
	DeadlineUnixMS uint64   // milliseconds of wall time since 1970; 0: none; not used here
	TraceParent    string   // W3C trace context; may be empty
	TraceState     string   // W3C trace state, which belongs to TraceParent
}

const (
	frameVersion     protowire.Number = 1
	frameKind        protowire.Number = 2
	frameProtocol    protowire.Number = 3
	framePayload     protowire.Number = 4
	frameRequestID   protowire.Number = 5
	frameEncoding    protowire.Number = 6
	frameDeadline    protowire.Number = 7
	frameTraceParent protowire.Number = 8
	frameTraceState  protowire.Number = 9
)

// Append adds the frame, header and body, to b and returns the extended slice. To send a message
// in a changed envelope, for example with a trace context, parse the frame that the message's
// Append writes, change it, and append it.
func (f Frame) Append(b []byte) []byte {
	start := len(b)
	b = append(b, Version, 0, 0, 0, 0)
	b = appendUint(b, frameVersion, uint64(f.Version))
	b = appendInt(b, frameKind, int32(f.Kind))
	b = appendUint(b, frameProtocol, uint64(f.Protocol))
	b = appendBytes(b, framePayload, f.Payload)
	b = appendUint(b, frameRequestID, f.RequestID)
	b = appendInt(b, frameEncoding, int32(f.Encoding))
	b = appendUint(b, frameDeadline, f.DeadlineUnixMS)
	b = appendText(b, frameTraceParent, f.TraceParent)
	b = appendText(b, frameTraceState, f.TraceState)
	return endBody(b, start)
}

// ParseFrame parses the body of a frame, which may be empty. It does not check the envelope:
// Expect and [Parse] do. It returns a [*FieldError] for a malformed body. The payload shares the
// memory of body.
func ParseFrame(body []byte) (Frame, error) {
	var m Frame
	f := fields{message: "Frame", rest: body}
	for f.next() {
		switch f.num {
		case frameVersion:
			m.Version = uint32(f.uint())
		case frameKind:
			m.Kind = Kind(f.uint())
		case frameProtocol:
			m.Protocol = Protocol(f.uint())
		case framePayload:
			m.Payload = f.bytes()
		case frameRequestID:
			m.RequestID = f.uint()
		case frameEncoding:
			m.Encoding = Encoding(f.uint())
		case frameDeadline:
			m.DeadlineUnixMS = f.uint()
		case frameTraceParent:
			m.TraceParent = f.text()
		case frameTraceState:
			m.TraceState = f.text()
		}
	}
	if f.err != nil {
		return Frame{}, f.err
	}
	return m, nil
}

// offsets are where the parts of an unfinished frame begin.
type offsets struct {
	start   int // the frame
	payload int // the content of the payload field
	member  int // the content of the payload's only field, if the payload is a oneof
}

// beginMessage begins the frame of a message. The caller appends the payload and calls
// endMessage.
func beginMessage(b []byte, kind Kind, protocol Protocol) ([]byte, offsets) {
	at := offsets{start: len(b)}
	b = append(b, Version, 0, 0, 0, 0)
	b = appendUint(b, frameVersion, Version)
	b = appendInt(b, frameKind, int32(kind))
	b = appendUint(b, frameProtocol, uint64(protocol))
	b, at.payload = beginField(b, framePayload)
	return b, at
}

func endMessage(b []byte, at offsets, requestID uint64) []byte {
	if len(b) == at.payload {
		b = b[:at.payload-2] // an empty payload is not written: drop its tag and length
	} else {
		b = endField(b, at.payload)
	}
	b = appendUint(b, frameRequestID, requestID)
	return endBody(b, at.start)
}

// endBody writes the length of the body of the frame that begins at start.
func endBody(b []byte, start int) []byte {
	binary.LittleEndian.PutUint32(b[start+1:], uint32(len(b)-start-HeaderSize))
	return b
}
