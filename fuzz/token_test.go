package fuzz_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoff-go/handoff/registry"
)

// Bytes of the right length are a token, which keeps them and does not show them; all others are
// refused by their length.
func FuzzParseToken(f *testing.F) {
	f.Fuzz(func(t *testing.T, b []byte) {
		token, err := registry.ParseToken(b)
		switch len(b) {
		case registry.TokenSize:
			require.NoError(t, err)
			requireRoundTrip(t, token, b)
			requireRedacted(t, token, b)
		case 0:
			require.ErrorIs(t, err, registry.ErrTokenMissing)
			require.Zero(t, token)
		default:
			var size *registry.TokenSizeError
			require.ErrorAs(t, err, &size)
			require.Equal(t, len(b), size.Got)
			require.NotErrorIs(t, err, registry.ErrTokenMissing)
			require.Zero(t, token)
		}
	})
}

// requireRoundTrip checks that the bytes of a token come back, and that two tokens are equal exactly
// if their bytes are.
func requireRoundTrip(t *testing.T, token registry.Token, b []byte) {
	got := token.Bytes()
	require.True(t, bytes.Equal(b, got[:]), "Bytes gives what was parsed")
	zero := bytes.Equal(b, make([]byte, registry.TokenSize))
	require.Equal(t, zero, token.IsZero())
	require.Equal(t, zero, token == registry.Token{}, "the zero bytes are the zero Token")

	again, err := registry.ParseToken(got[:])
	require.NoError(t, err)
	require.True(t, token.Equal(again))
	require.True(t, token == again, "equal tokens are one map key")
	for i := range got {
		got[i] ^= 1
		other, err := registry.ParseToken(got[:])
		require.NoError(t, err)
		require.False(t, token.Equal(other), "a token that differs in byte %d is another token", i)
		require.False(t, token == other)
		got[i] ^= 1
	}
}

// holder has tokens in unexported fields. fmt calls no methods on those: what it prints is the memory
// of the token.
type holder struct {
	token  registry.Token
	tokens []registry.Token
	any    any
}

// requireRedacted checks that no way to print a token, or a struct that holds one, shows its bytes.
func requireRedacted(t *testing.T, token registry.Token, b []byte) {
	h := holder{token, []registry.Token{token}, token}
	var printed strings.Builder
	for _, flag := range []string{"", "+", "#", " ", "0", "-40", ".20"} {
		for _, verb := range "vsqxXdobcUteEfFgGT" {
			format := "%" + flag + string(verb)
			require.Equal(t, printsOf(format, registry.Token{}), printsOf(format, token), "all tokens look the same")
		}
		for _, verb := range "vsqxXdobcUteEfFgGTpw" {
			format := "%" + flag + string(verb)
			fmt.Fprintf(&printed, format+"\n", h)
			fmt.Fprintf(&printed, format+"\n", &h)
			fmt.Fprintf(&printed, format+"\n", token)
		}
	}
	requireNoBytes(t, printed.String(), b)
	require.Equal(t, logsOf(t, registry.Token{}), logsOf(t, token), "all tokens look the same")
}

func printsOf(format string, token registry.Token) string {
	return fmt.Sprintf(format, token) + fmt.Sprintf(format, &token) +
		fmt.Sprintf(format, []registry.Token{token}) + fmt.Sprintf(format, map[int]registry.Token{1: token}) +
		fmt.Sprintf(format, struct{ Token registry.Token }{token})
}

func logsOf(t *testing.T, token registry.Token) string {
	var log strings.Builder
	untimed := &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}
	for _, handler := range []slog.Handler{slog.NewTextHandler(&log, untimed), slog.NewJSONHandler(&log, untimed)} {
		slog.New(handler).Info("token", "token", token, "pointer", &token, "in", struct{ Token registry.Token }{token})
	}
	text, err := json.Marshal(map[string]any{"token": token, "tokens": []*registry.Token{&token}})
	require.NoError(t, err)
	return log.String() + string(text)
}

// requireNoBytes fails if a text contains half of the bytes in any form in which fmt prints bytes. It
// skips a half with few distinct bytes, such as zeros: many texts contain those.
func requireNoBytes(t *testing.T, text string, b []byte) {
	const half = registry.TokenSize / 2
	for _, part := range [][]byte{b[:half], b[half:]} {
		if distinct(part) < half/2 {
			continue
		}
		for _, form := range append(numerals(part), texts(part)...) {
			if strings.Contains(text, form) {
				t.Fatalf("the printed text contains bytes of the token: %q", form)
			}
		}
	}
}

// numerals returns the forms of bytes as numbers.
func numerals(part []byte) []string {
	var forms []string
	for _, format := range []string{"%x", "%X", "% x", "% X", "%#x", "%# x"} {
		forms = append(forms, fmt.Sprintf(format, part))
	}
	for _, format := range []string{"%d", "%#v", "%o", "%b", "%U", "%x", "%#x"} {
		forms = append(forms, each(format, part, " "), each(format, part, ", "))
	}
	return forms
}

// texts returns the forms of bytes as characters. It returns none if all of them are printable: then
// the text could contain them by chance, as "00000127" is also a padded 127.
func texts(part []byte) []string {
	if !bytes.ContainsFunc(part, func(r rune) bool { return r < ' ' || r > '~' }) {
		return nil
	}
	return []string{string(part), strings.Trim(fmt.Sprintf("%q", part), `"`), each("%c", part, " "), each("%c", part, ", ")}
}

func each(format string, part []byte, between string) string {
	var all []string
	for _, c := range part {
		all = append(all, fmt.Sprintf(format, c))
	}
	return strings.Join(all, between)
}

func distinct(b []byte) int {
	seen := map[byte]bool{}
	for _, c := range b {
		seen[c] = true
	}
	return len(seen)
}
