package wire

import (
	"encoding/binary"

	"google.golang.org/protobuf/encoding/protowire"
)

// Version is the version of framing and of the envelope. It does not change: see docs/reference.md.
const Version = 1

// HeaderSize is what stands before the body of a frame: the version and the length.
const HeaderSize = 1 + 4

// Kind is what a frame is in a conversation. The zero Kind is a request.
type Kind int32

// The kinds, numbered as in docs/reference.md. No message here travels as CANCEL.
const (
	KindRequest Kind = iota
	KindResponse
	KindEvent
	KindCancel
)

// Protocol says whose message a payload is.
type Protocol uint32

// The payload protocols. The first two are those of docs/reference.md, the others extensions.
const (
	ProtocolHello   Protocol = 0x0000 // Hello as a request, HelloReply as a response
	ProtocolHandoff Protocol = 0xD0FF // Offer as a request, Ack as a response, Ready as an event
	ProtocolLink    Protocol = 0xF0D0 // events between broker and backend
	ProtocolClient  Protocol = 0xF0D1 // Fallback, as an event
)

// Encoding is how a payload is compressed. Only EncodingNone is taken here.
type Encoding int32

// The encodings, numbered as in docs/reference.md.
const (
	EncodingNone Encoding = iota
	EncodingZstd
	EncodingSnappy
	EncodingLZ4
)

// Frame is one frame: the envelope of a message. The zero Frame is what an empty body
// says, which is legal on a stream, and is no message of any kind.
//
// A parsed frame shares its payload with the bytes that it was parsed from. It prints
// without its payload, which may hold a token.
type Frame struct {
	Version        uint32   // of the envelope: Version
	Kind           Kind     // request, response, event
	Protocol       Protocol // whose message the payload is
	Payload        []byte   // the message
	RequestID      uint64   // ties a response to its request
	Encoding       Encoding // of the payload
	DeadlineUnixMS uint64   // milliseconds of wall time since 1970; 0: none; not used here
	TraceParent    string   // W3C trace context; may be empty
	TraceState     string   // goes with TraceParent
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

// Append adds the frame, header and body, to b and returns the longer slice. To send a
// message in an envelope of one's own, with a trace context say, parse the frame that
// the message's Append makes, change it, and append that.
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
	return closeBody(b, start)
}

// ParseFrame returns the frame of a body, without judging the envelope: that is what
// Expect and [Parse] do. The body may be empty. It returns a [*FieldError] for a body
// that cannot be read. The payload shares the memory of body.
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

// marks are where the open parts of a frame begin.
type marks struct {
	start   int // the frame
	payload int // the content of its payload
	member  int // the content of the payload's one field, on a link
}

// openMessage begins the frame of a message. The caller appends the payload and calls
// closeMessage.
func openMessage(b []byte, kind Kind, protocol Protocol) ([]byte, marks) {
	at := marks{start: len(b)}
	b = append(b, Version, 0, 0, 0, 0)
	b = appendUint(b, frameVersion, Version)
	b = appendInt(b, frameKind, int32(kind))
	b = appendUint(b, frameProtocol, uint64(protocol))
	b, at.payload = open(b, framePayload)
	return b, at
}

func closeMessage(b []byte, at marks, requestID uint64) []byte {
	if len(b) == at.payload {
		b = b[:at.payload-2] // an empty payload is not written: tag and length go
	} else {
		b = shut(b, at.payload)
	}
	b = appendUint(b, frameRequestID, requestID)
	return closeBody(b, at.start)
}

// closeBody writes the length of the body of the frame that begins at start.
func closeBody(b []byte, start int) []byte {
	binary.LittleEndian.PutUint32(b[start+1:], uint32(len(b)-start-HeaderSize))
	return b
}
