package wire

import (
	"errors"
	"fmt"
)

// What is wrong with a stream. After one of these it cannot be read any further.
var (
	// ErrFraming answers a first byte that is not the framing version, 1.
	ErrFraming = errors.New("wire: not a frame of version 1")
	// ErrIncomplete answers [Decoder.Next] when the next frame has not arrived whole.
	// It is no fault: read more.
	ErrIncomplete = errors.New("wire: the next frame has not arrived whole")
)

// What is wrong with an envelope, each within an [*EnvelopeError].
var (
	ErrVersion  = errors.New("wire: envelope version is not 1")
	ErrKind     = errors.New("wire: frame is of the wrong kind")
	ErrProtocol = errors.New("wire: frame has the wrong payload protocol")
	ErrEncoding = errors.New("wire: payload is compressed")
	// ErrRequestID answers an offer or an ACK whose frame has another request id than
	// the message's correlation id.
	ErrRequestID = errors.New("wire: request id is not the correlation id")
)

// What is wrong with a field, each within a [*FieldError], where the registry's own
// ErrTokenMissing and TokenSizeError may stand too.
var (
	ErrTruncated = errors.New("ends in the middle")
	ErrMalformed = errors.New("is not protobuf")
	ErrWireType  = errors.New("has the wrong wire type")
	ErrUTF8      = errors.New("is not UTF-8")
	ErrService   = errors.New("is not a service name: 1 to 64 of a-z, 0-9 and -")
	ErrTooLong   = errors.New("is too long")
	ErrTooMany   = errors.New("has too many items")
	ErrValue     = errors.New("has a value that makes no sense")
	ErrMissing   = errors.New("is missing")
	// ErrNoMessage answers a payload that may hold one of several messages and holds
	// none that is known here, as a later version may send.
	ErrNoMessage = errors.New("holds no message that is known here")
)

// FrameSizeError answers a frame that says to be, or is, larger than the reader's cap.
type FrameSizeError struct {
	Size uint32 // the length of its body in bytes
	Max  int    // the cap
}

// Error implements error.
func (e *FrameSizeError) Error() string {
	return fmt.Sprintf("wire: frame of %d bytes, at most %d are taken", e.Size, e.Max)
}

// EnvelopeError says that a frame is not one that its receiver takes.
type EnvelopeError struct {
	Got uint64 // what the frame has there
	Err error  // ErrVersion, ErrKind, ErrProtocol, ErrEncoding or ErrRequestID
}

// Error implements error.
func (e *EnvelopeError) Error() string { return fmt.Sprintf("%v (%#x)", e.Err, e.Got) }

// Unwrap returns Err.
func (e *EnvelopeError) Unwrap() error { return e.Err }

// FieldError says which field of a message cannot be taken, or with field 0 that the
// message cannot as a whole.
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
