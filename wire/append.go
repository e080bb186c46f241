package wire

import (
	"math"
	"time"

	"github.com/handoff-go/handoff/registry"
	"google.golang.org/protobuf/encoding/protowire"
)

// The append functions of single fields write nothing for a zero value, as proto3 requires.

func appendUint(b []byte, num protowire.Number, v uint64) []byte {
	if v == 0 {
		return b
	}
	b = protowire.AppendTag(b, num, protowire.VarintType)
	return protowire.AppendVarint(b, v)
}

// appendInt writes an enum. A negative number takes ten bytes.
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

// appendToken writes nothing for the zero Token, which no registry issues.
func appendToken(b []byte, num protowire.Number, t registry.Token) []byte {
	if t.IsZero() {
		return b
	}
	secret := t.Bytes()
	return appendBytes(b, num, secret[:])
}

// beginField begins a field that contains a message. It leaves one byte for the length, and
// returns where the content begins. The caller appends the content and calls endField.
func beginField(b []byte, num protowire.Number) ([]byte, int) {
	b = protowire.AppendTag(b, num, protowire.BytesType)
	b = append(b, 0)
	return b, len(b)
}

// endField writes the length of the content that begins at at. The length of 128 bytes or more
// takes more than the one byte that beginField left, so that content is moved. This way no
// message has to be measured before it is written.
func endField(b []byte, at int) []byte {
	n := len(b) - at
	if extra := protowire.SizeVarint(uint64(n)) - 1; extra > 0 {
		var room [9]byte // the longest varint has ten
		b = append(b, room[:extra]...)
		copy(b[at+extra:], b[at:at+n])
	}
	protowire.AppendVarint(b[:at-1], uint64(n))
	return b
}

// toUnits converts d for the wire to whole units. It rounds up: a peer must not wait for less
// than d, and zero means something else than a short wait. A negative d is zero.
func toUnits(d, unit time.Duration) uint64 {
	if d <= 0 {
		return 0
	}
	n := uint64(d / unit)
	if d%unit != 0 {
		n++
	}
	return n
}

// fromUnits converts whole units from the wire to a Duration. It saturates at the largest
// number of whole units that a Duration can represent.
func fromUnits(n uint64, unit time.Duration) time.Duration {
	return time.Duration(min(n, uint64(math.MaxInt64/unit))) * unit
}
