package registry_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/handoff-go/handoff/registry"
	"github.com/stretchr/testify/require"
)

func parse(t testing.TB, b []byte) registry.Token {
	t.Helper()
	token, err := registry.ParseToken(b)
	require.NoError(t, err)
	return token
}

func TestParseTokenTakesSixteenBytesOnly(t *testing.T) {
	for n := range 65 {
		token, err := registry.ParseToken(bytes.Repeat([]byte{0xa5}, n))
		var size *registry.TokenSizeError
		switch {
		case n == 0:
			require.ErrorIs(t, err, registry.ErrTokenMissing)
		case n == registry.TokenSize:
			require.NoError(t, err)
			require.Equal(t, [16]byte(bytes.Repeat([]byte{0xa5}, 16)), token.Bytes())
			continue
		default:
			require.ErrorAs(t, err, &size)
			require.Equal(t, n, size.Got)
		}
		require.True(t, token.IsZero())
	}
}

func TestTokensAreEqualWhenTheirBytesAre(t *testing.T) {
	zero := parse(t, make([]byte, 16))
	require.True(t, zero.IsZero())
	require.True(t, zero == registry.Token{}, "the zero Token is the zero value")
	require.Equal(t, [16]byte{}, registry.Token{}.Bytes())
	a, same := parse(t, secret), parse(t, secret)
	require.True(t, a.Equal(same))
	require.True(t, a == same)
	for bit := range 128 {
		b := bytes.Clone(secret)
		b[bit/8] ^= 1 << (bit % 8)
		other := parse(t, b)
		require.False(t, a.Equal(other))
		require.False(t, a == other)
		require.False(t, other.IsZero())
		require.Equal(t, [16]byte(b), other.Bytes())
	}
}

// secret has no byte whose text is likely to turn up by chance.
var secret = []byte{211, 197, 229, 173, 251, 181, 239, 223, 193, 167, 241, 199, 233, 179, 227, 157}

// holder is what a user writes: fmt calls no method on its fields.
type holder struct {
	tok  registry.Token
	ptr  *registry.Token
	list []registry.Token
	m    map[registry.Token]registry.Token
	any  any
}

func TestTokensNeverPrint(t *testing.T) {
	token := parse(t, secret)
	h := holder{token, &token, []registry.Token{token}, map[registry.Token]registry.Token{token: token}, token}
	values := map[string]any{
		"token": token, "pointer": &token, "holder": h, "pointer to holder": &h,
		"slice": []registry.Token{token}, "array": [1]registry.Token{token}, "map": h.m,
		"acknowledged": registry.Acknowledged{Token: token}, "expired": registry.Expired{Token: token},
		"abandoned": registry.Abandoned{Token: token}, "exit": registry.Exit{Token: token},
		"error": fmt.Errorf("wrapped: %v %w", token, errors.New("x")),
	}
	for name, v := range values {
		t.Run(name, func(t *testing.T) {
			for _, verb := range "vsqxXdobBcUeEfFgGtpTwO" {
				for _, flag := range []string{"", "+", "#", "-", " ", "0", "40", ".3", "# +-0"} {
					format := "%" + flag + string(verb)
					tellsNothing(t, fmt.Sprintf(format, v), format)
				}
			}
			tellsNothing(t, fmt.Sprint(v), "Sprint")
			tellsNothing(t, fmt.Sprintln(v), "Sprintln")
			var text, jsonText bytes.Buffer
			slog.New(slog.NewTextHandler(&text, nil)).Info("m", "v", v)
			slog.New(slog.NewJSONHandler(&jsonText, nil)).Info("m", "v", v)
			tellsNothing(t, text.String(), "slog text")
			tellsNothing(t, jsonText.String(), "slog JSON")
			require.NotEmpty(t, registry.Token{}.LogValue().String(), "a log says that there is one")
			if b, err := json.Marshal(v); err == nil {
				tellsNothing(t, string(b), "JSON")
			}
		})
	}
	require.Equal(t, "Token(redacted)", fmt.Sprintf("%x", token))
	b, err := json.Marshal(map[string]any{"t": token})
	require.NoError(t, err)
	require.JSONEq(t, `{"t":"Token(redacted)"}`, string(b))
}

// tellsNothing looks for any four bytes of the secret in a row, in each form in
// which a printer could have put them.
func tellsNothing(t *testing.T, out, how string) {
	t.Helper()
	squeezed := strings.NewReplacer(" ", "", ",", "", "0x", "", "0X", "", "\n", "").Replace(strings.ToLower(out))
	for i := 0; i+4 <= len(secret); i++ {
		four := secret[i : i+4]
		require.NotContains(t, out, string(four), how)
		require.NotContains(t, squeezed, hex.EncodeToString(four), how)
		for _, format := range []string{"%d", "%o", "%b", "%c", "%U"} {
			var each strings.Builder
			for _, b := range four {
				fmt.Fprintf(&each, format, b)
			}
			require.NotContains(t, squeezed, strings.ToLower(each.String()), how+" as "+format)
		}
	}
}

// The check above must be able to fail: the same struct with plain bytes does.
func TestPlainBytesWouldPrint(t *testing.T) {
	out := fmt.Sprintf("%+v", struct{ tok [16]byte }{[16]byte(secret)})
	require.Contains(t, strings.ReplaceAll(out, " ", ""), "211197229173")
}
