package wire

import (
	"errors"
	"fmt"
)

// Errors of a stream.
var (
	// ErrFraming: the first byte of a frame is not the framing version, 1. The stream cannot
	// be read any further.
	ErrFraming = errors.New("wire: not a frame of version 1")
	// ErrIncomplete: [Decoder.Next] needs more bytes. The stream is valid so far.
	ErrIncomplete = errors.New("wire: incomplete frame")
)

// Errors of an envelope. An [*EnvelopeError] wraps each of them.
var (
	ErrVersion  = errors.New("wire: envelope version is not 1")
	ErrKind     = errors.New("wire: wrong frame kind")
	ErrProtocol = errors.New("wire: wrong payload protocol")
	ErrEncoding = errors.New("wire: payload is compressed")
	// ErrRequestID: the request id of an offer's or an ACK's frame differs from the message's
	// correlation id.
	ErrRequestID = errors.New("wire: request id is not the correlation id")
)

// Errors of a field. A [*FieldError] wraps each of them, or the registry's ErrTokenMissing or
// TokenSizeError.
var (
	ErrTruncated = errors.New("is truncated")
	ErrMalformed = errors.New("is not valid protobuf")
	ErrWireType  = errors.New("has the wrong wire type")
	ErrUTF8      = errors.New("is not UTF-8")
	ErrService   = errors.New("is not a service name: 1 to 64 of a-z, 0-9 and -")
	ErrTooLong   = errors.New("is too long")
	ErrTooMany   = errors.New("has too many items")
	ErrValue     = errors.New("has an invalid value")
	// ErrNoMessage: a payload that contains one of several messages contains none that this
	// version knows. A later version may send that.
	ErrNoMessage = errors.New("contains no known message")
)

// FrameSizeError says that a frame's body is larger than the reader's limit, or announced to be.
type FrameSizeError struct {
	Size uint32 // the length of its body in bytes
	Max  int    // the limit in bytes
}

// Error implements error.
func (e *FrameSizeError) Error() string {
	return fmt.Sprintf("wire: frame body of %d bytes exceeds the limit of %d", e.Size, e.Max)
}

// EnvelopeError says that the receiver does not accept a frame because of its envelope.
type EnvelopeError struct {
	Got uint64 // the value in the frame
	Err error  // ErrVersion, ErrKind, ErrProtocol, ErrEncoding or ErrRequestID
}

// Error implements error.
func (e *EnvelopeError) Error() string { return fmt.Sprintf("%v (%#x)", e.Err, e.Got) }

// Unwrap returns Err.
func (e *EnvelopeError) Unwrap() error { return e.Err }

// FieldError says which field of a message is not accepted. Field 0 means the message as a
// whole.
type FieldError struct {
	Message string // its name in handoff.proto
	Field   int32  // its number there
	Err     error  // why
}

// Error implements error.
func (e *FieldError) Error() string {
	if e.Field == 0 {
		return fmt.Sprintf("wire: %s %v", e.Message, e.Err)
	}
	return fmt.Sprintf("wire: %s: field %d: %v", e.Message, e.Field, e.Err)
}

// Unwrap returns Err.
func (e *FieldError) Unwrap() error { return e.Err }
