package wire

import (
	"math"
	"time"

	"github.com/handoff-go/handoff/registry"
	"google.golang.org/protobuf/encoding/protowire"
)

// Fields that have their zero value are not written, as proto3 says; the append
// functions of single fields leave them out.

func appendUint(b []byte, num protowire.Number, v uint64) []byte {
	if v == 0 {
		return b
	}
	b = protowire.AppendTag(b, num, protowire.VarintType)
	return protowire.AppendVarint(b, v)
}

// appendInt writes an enum: a negative number has ten bytes.
func appendInt(b []byte, num protowire.Number, v int32) []byte {
	return appendUint(b, num, uint64(int64(v)))
}

func appendBool(b []byte, num protowire.Number, v bool) []byte {
	return appendUint(b, num, protowire.EncodeBool(v))
}

func appendBytes(b []byte, num protowire.Number, v []byte) []byte {
	if len(v) == 0 {
		return b
	}
	b = protowire.AppendTag(b, num, protowire.BytesType)
	return protowire.AppendBytes(b, v)
}

func appendText(b []byte, num protowire.Number, v string) []byte {
	if v == "" {
		return b
	}
	b = protowire.AppendTag(b, num, protowire.BytesType)
	return protowire.AppendString(b, v)
}

// appendToken leaves out the zero Token, which no registry issues.
func appendToken(b []byte, num protowire.Number, t registry.Token) []byte {
	if t.IsZero() {
		return b
	}
	secret := t.Bytes()
	return appendBytes(b, num, secret[:])
}

// open begins a field that holds a message, with one byte for its length, and returns
// where the content begins. The caller appends it and calls shut.
func open(b []byte, num protowire.Number) ([]byte, int) {
	b = protowire.AppendTag(b, num, protowire.BytesType)
	b = append(b, 0)
	return b, len(b)
}

// shut writes the length of the content that began at at. Content of 128 bytes or more
// moves up, because its length needs more room than open left. So a message is written
// without being measured first.
func shut(b []byte, at int) []byte {
	n := len(b) - at
	if extra := protowire.SizeVarint(uint64(n)) - 1; extra > 0 {
		var room [9]byte // the longest varint has ten
		b = append(b, room[:extra]...)
		copy(b[at+extra:], b[at:at+n])
	}
	protowire.AppendVarint(b[:at-1], uint64(n))
	return b
}

// units returns d in whole units for the wire, rounded up, so that a wait is never
// told as shorter than it is, and a short one never as none. Less than zero is zero.
func units(d, unit time.Duration) uint64 {
	if d <= 0 {
		return 0
	}
	n := uint64(d / unit)
	if d%unit != 0 {
		n++
	}
	return n
}

// duration is the way back. More than a Duration can hold becomes the most of whole
// units that it can.
func duration(n uint64, unit time.Duration) time.Duration {
	return time.Duration(min(n, uint64(math.MaxInt64/unit))) * unit
}
