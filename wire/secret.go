package wire

import (
	"fmt"
	"io"
	"log/slog"
)

// Secret is bytes that prove something. It prints as a placeholder under every fmt
// verb, in slog and in JSON, though not when fmt finds it in an unexported field, where
// it calls no methods. The zero Secret is none.
type Secret []byte

const redacted = "Secret(redacted)"

// Format implements [fmt.Formatter]: a placeholder under every verb.
func (Secret) Format(f fmt.State, _ rune) { io.WriteString(f, redacted) }

// LogValue implements [slog.LogValuer]: a placeholder.
func (Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalJSON implements [encoding/json.Marshaler]: a placeholder, which does not read
// back.
func (Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }
