package wire

import (
	"fmt"
	"io"
	"log/slog"
)

// Secret is a secret as bytes. It prints as a placeholder with every fmt verb, in slog and in JSON,
// but not when it is in an unexported field, where fmt calls no methods. The zero Secret is empty.
type Secret []byte

const redacted = "Secret(redacted)"

// Format implements [fmt.Formatter]: it prints a placeholder for every verb.
func (Secret) Format(f fmt.State, _ rune) { io.WriteString(f, redacted) }

// LogValue implements [slog.LogValuer]: a placeholder.
func (Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalJSON implements [encoding/json.Marshaler]: a placeholder, which cannot be
// unmarshalled.
func (Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }
