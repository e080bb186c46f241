package registry

import (
	"crypto/rand"
	"crypto/subtle"
	"fmt"
	"io"
	"log/slog"

	"github.com/handoff-go/handoff/registry/internal/store"
)

// TokenSize is the size of a token in bytes: 128 bits.
const TokenSize = 16

// redacted is what every token prints as.
const redacted = "Token(redacted)"

// Token is a one-time secret that names one handoff. A process that can present it
// may act for that handoff, so it prints as a placeholder: under every fmt verb that
// calls a value's Format method, in slog and in JSON. Only [Token.Bytes] returns the
// secret.
//
// The zero Token is valid and never live: no registry issues it. Tokens are values:
// copy them freely, use them as map keys, and compare them with [Token.Equal], which
// takes constant time. All methods are safe for concurrent use, and none blocks.
//
// fmt does not call Format for a value in an unexported field, nor under %p or a
// misplaced %w. Therefore the bytes are stored masked with a secret of the process:
// what is printed then reveals nothing about a token, except whether two are equal.
// (All tokens have the same mask: somebody who knows one token and sees it printed
// beside another can compute the other. Do not print structs that contain tokens
// where backends can read them.)
type Token struct{ x store.Key }

// mask hides the bytes of every Token of this process. It is random and never zero.
// It is a global because a Token has no registry to take it from: ParseToken, Equal
// and printing work on tokens of any origin.
var mask = newMask()

func newMask() (m [TokenSize]byte) {
	for m == ([TokenSize]byte{}) {
		rand.Read(m[:]) // never fails: it ends the process instead
	}
	return m
}

// masked maps bytes to their masked form and back. Zero bytes stay zero, so that the
// zero Token stands for sixteen zero bytes. The mask itself, which would map to zero
// too, stays as it is: that makes the map a bijection and its own inverse.
func masked(b [TokenSize]byte) [TokenSize]byte {
	var zero, same, x [TokenSize]byte
	for i := range b {
		x[i] = b[i] ^ mask[i]
	}
	keep := subtle.ConstantTimeCompare(b[:], zero[:]) | subtle.ConstantTimeCompare(b[:], mask[:])
	same = b
	subtle.ConstantTimeCopy(keep, x[:], same[:])
	return x
}

// ParseToken returns the Token of 16 bytes that came over a wire. It returns
// [ErrTokenMissing] for no bytes and a [*TokenSizeError] for any other length
// than 16. Sixteen zero bytes are the zero Token, which is never live.
func ParseToken(b []byte) (Token, error) {
	switch len(b) {
	case TokenSize:
		return Token{masked([TokenSize]byte(b))}, nil
	case 0:
		return Token{}, ErrTokenMissing
	default:
		return Token{}, &TokenSizeError{Got: len(b)}
	}
}

// Bytes returns the secret itself. It is meant for the wire, and for nothing else.
func (t Token) Bytes() [TokenSize]byte { return masked(t.x) }

// Equal reports whether t and u are the same token, in constant time.
func (t Token) Equal(u Token) bool {
	return subtle.ConstantTimeCompare(t.x[:], u.x[:]) == 1
}

// IsZero reports whether t is the zero Token, which no registry issues.
func (t Token) IsZero() bool { return t.Equal(Token{}) }

// Format implements [fmt.Formatter]: a placeholder under every verb.
func (t Token) Format(f fmt.State, _ rune) { io.WriteString(f, redacted) }

// LogValue implements [slog.LogValuer]: a placeholder.
func (t Token) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalJSON implements [encoding/json.Marshaler]: a placeholder, which cannot be
// parsed. To send a token, use [Token.Bytes].
func (t Token) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }
