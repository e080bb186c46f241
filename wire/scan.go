package wire

import (
	"errors"
	"io"
	"unicode/utf8"

	"github.com/handoff-go/handoff/registry"
	"google.golang.org/protobuf/encoding/protowire"
)

// maxDepth is how deep groups and messages may be nested in each other. Messages here have no groups:
// they occur in unknown fields only, and are skipped. The limit is that of prost, the protobuf library
// of running-process, and counts as prost does: a field may be skipped if fewer than maxDepth groups
// and messages of its payload enclose it.
const maxDepth = 100

// fields iterates over the fields of one message. next reads the value, too: the caller skips an
// unknown field by not asking for its value. The first error ends the iteration and is in err.
type fields struct {
	message  string // its name, for errors
	rest     []byte // the fields behind the current one
	depth    int    // how many messages of the same payload enclose this one
	lastText string // a string that probably comes again, to avoid an allocation
	err      error

	// The current field.
	num    protowire.Number
	typ    protowire.Type
	varint uint64 // its value, if it is a varint
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
		return f.failConsume(n)
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
		n = skip(num, typ, f.rest, f.depth)
	}
	if n < 0 {
		return f.failConsume(n)
	}
	f.rest = f.rest[n:]
	return true
}

// failConsume ends the iteration with the error that protowire returned as n, and returns
// false.
func (f *fields) failConsume(n int) bool {
	if errors.Is(protowire.ParseError(n), io.ErrUnexpectedEOF) {
		return f.fail(ErrTruncated)
	}
	return f.fail(ErrMalformed)
}

// fail ends the iteration with an error of the current field, and returns false.
func (f *fields) fail(err error) bool {
	if f.err == nil {
		f.err = &FieldError{Message: f.message, Field: int32(f.num), Err: err}
	}
	return false
}

// propagate ends the iteration with the error of a nested message, unless err is nil.
func (f *fields) propagate(err error) {
	if f.err == nil {
		f.err = err
	}
}

// uint returns a varint. As protobuf specifies, a caller keeps the low bits for a 32-bit field, and
// takes every value but zero for true.
func (f *fields) uint() uint64 {
	if f.typ != protowire.VarintType {
		f.fail(ErrWireType)
		return 0
	}
	return f.varint
}

// bytes returns a length-delimited field, which shares the memory of the message. It returns nil
// for an empty field, as if the field were missing.
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
	if string(b) == f.lastText {
		return f.lastText
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

// optionalToken is token for a field in which empty means the same as missing.
func (f *fields) optionalToken() registry.Token {
	if f.typ == protowire.BytesType && len(f.span) == 0 {
		return registry.Token{}
	}
	return f.token()
}

// skip returns the length of a field's value, or a negative number as protowire does. depth is how many
// groups and messages enclose the field. protowire's own function follows groups to a depth of ten
// thousand, which costs that much stack.
func skip(num protowire.Number, typ protowire.Type, b []byte, depth int) int {
	const malformed = -2
	if depth == maxDepth {
		return malformed
	}
	if typ != protowire.StartGroupType {
		return protowire.ConsumeFieldValue(num, typ, b)
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
