package wire

import (
	"errors"
	"io"
	"unicode/utf8"

	"github.com/handoff-go/handoff/registry"
	"google.golang.org/protobuf/encoding/protowire"
)

// maxDepth is how deep groups may lie in each other: see docs/reference.md.
// Nothing here uses groups, so they are only ever skipped.
const maxDepth = 100

// fields walks over the fields of one message. Values are read before the caller asks,
// so that a field it does not know is skipped by asking nothing. The first fault ends
// the walk and stands in err.
type fields struct {
	message string // for errors
	rest    []byte // what is still to be read
	recent  string // a text that is likely to come again, to spare its copy
	err     error

	// The current field.
	num    protowire.Number
	typ    protowire.Type
	varint uint64 // its value, of this wire type
	span   []byte // its value, if it is length-delimited
}

// next moves to the next field and reports whether there is one.
func (f *fields) next() bool {
	if f.err != nil || len(f.rest) == 0 {
		return false
	}
	f.num = 0
	num, typ, n := protowire.ConsumeTag(f.rest)
	if n < 0 {
		return f.failed(n)
	}
	if num > protowire.MaxValidNumber {
		return f.fail(ErrMalformed)
	}
	f.num, f.typ, f.rest = num, typ, f.rest[n:]
	switch typ {
	case protowire.VarintType:
		f.varint, n = protowire.ConsumeVarint(f.rest)
	case protowire.BytesType:
		f.span, n = protowire.ConsumeBytes(f.rest)
	default:
		n = skip(num, typ, f.rest, 0)
	}
	if n < 0 {
		return f.failed(n)
	}
	f.rest = f.rest[n:]
	return true
}

// failed ends the walk with protowire's complaint n, and returns false.
func (f *fields) failed(n int) bool {
	if errors.Is(protowire.ParseError(n), io.ErrUnexpectedEOF) {
		return f.fail(ErrTruncated)
	}
	return f.fail(ErrMalformed)
}

// fail ends the walk with the first fault of the current field, and returns false.
func (f *fields) fail(err error) bool {
	if f.err == nil {
		f.err = &FieldError{Message: f.message, Field: int32(f.num), Err: err}
	}
	return false
}

// adopt ends the walk with the fault of a message within this one, if it has one.
func (f *fields) adopt(err error) {
	if f.err == nil {
		f.err = err
	}
}

// uint returns a varint. As protobuf says, a field of 32 bits keeps the lower half of
// it, and for a bool all but zero is true.
func (f *fields) uint() uint64 {
	if f.typ != protowire.VarintType {
		f.fail(ErrWireType)
		return 0
	}
	return f.varint
}

// bytes returns a length-delimited field, which shares the memory of the message; nil
// if it is empty, as if it was not there.
func (f *fields) bytes() []byte {
	if f.typ != protowire.BytesType {
		f.fail(ErrWireType)
		return nil
	}
	if len(f.span) == 0 {
		return nil
	}
	return f.span
}

func (f *fields) text() string {
	b := f.bytes()
	if string(b) == f.recent {
		return f.recent
	}
	if !utf8.Valid(b) {
		f.fail(ErrUTF8)
		return ""
	}
	return string(b)
}

func (f *fields) token() registry.Token {
	b := f.bytes()
	if f.err != nil {
		return registry.Token{}
	}
	token, err := registry.ParseToken(b)
	if err != nil {
		f.fail(err)
	}
	return token
}

// optionalToken is token for a field that, empty, says what its absence does.
func (f *fields) optionalToken() registry.Token {
	if f.typ == protowire.BytesType && len(f.span) == 0 {
		return registry.Token{}
	}
	return f.token()
}

// skip returns the length of a field's value, or a negative number as protowire does.
// protowire's own skips groups ten thousand deep, at the cost of the stack for that.
func skip(num protowire.Number, typ protowire.Type, b []byte, depth int) int {
	if typ != protowire.StartGroupType {
		return protowire.ConsumeFieldValue(num, typ, b)
	}
	const malformed = -2
	if depth == maxDepth {
		return malformed
	}
	for length := 0; ; {
		inner, typ, n := protowire.ConsumeTag(b[length:])
		if n < 0 {
			return n
		}
		length += n
		if typ == protowire.EndGroupType {
			if inner != num {
				return malformed
			}
			return length
		}
		if n = skip(inner, typ, b[length:], depth+1); n < 0 {
			return n
		}
		length += n
	}
}
