package answer_test

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoff-go/handoff/cmd/handoff/internal/answer"
)

func written(t *testing.T, connection uint32, backend string) (http.Header, []byte) {
	w := httptest.NewRecorder()
	require.NoError(t, answer.Write(w, connection, backend))
	return w.Header(), w.Body.Bytes()
}

func TestAnswerChecksOut(t *testing.T) {
	sizes := map[int]bool{}
	for connection := range uint32(100) {
		header, body := written(t, connection, "backend-1/42")
		backend, err := answer.Check(connection, header, body)
		require.NoError(t, err)
		require.Equal(t, "backend-1/42", backend)
		require.GreaterOrEqual(t, len(body), 1024)
		require.Less(t, len(body), 8*1024)
		sizes[len(body)] = true
	}
	require.Greater(t, len(sizes), 50, "the lengths vary")
}

// seal gives a body the headers that make its length and hash right.
func seal(header http.Header, body []byte) {
	sum := sha256.Sum256(body)
	header.Set(answer.HeaderLength, strconv.Itoa(len(body)))
	header.Set(answer.HeaderSum, hex.EncodeToString(sum[:]))
}

func TestSpoiltAnswersAreFound(t *testing.T) {
	for name, spoil := range map[string]func(http.Header, []byte) []byte{
		"a byte is missing":        func(_ http.Header, b []byte) []byte { return b[:len(b)-1] },
		"a byte is too many":       func(_ http.Header, b []byte) []byte { return append(b, '\n') },
		"nothing came":             func(http.Header, []byte) []byte { return nil },
		"a byte differs":           func(_ http.Header, b []byte) []byte { b[500]++; return b },
		"no backend":               func(h http.Header, b []byte) []byte { h.Del(answer.HeaderBackend); return b },
		"another backend":          func(h http.Header, b []byte) []byte { h.Set(answer.HeaderBackend, "backend-2/43"); return b },
		"no hash":                  func(h http.Header, b []byte) []byte { h.Del(answer.HeaderSum); return b },
		"another connection":       func(h http.Header, _ []byte) []byte { b := answer.Body(8, "backend-1/42"); seal(h, b); return b },
		"a differing byte, sealed": func(h http.Header, b []byte) []byte { b[500]++; seal(h, b); return b },
		"a missing byte, sealed":   func(h http.Header, b []byte) []byte { b = b[:len(b)-1]; seal(h, b); return b },
		"two backends, sealed": func(h http.Header, b []byte) []byte {
			copy(b[700:], answer.Body(7, "backend-2/43")[700:])
			seal(h, b)
			return b
		},
	} {
		t.Run(name, func(t *testing.T) {
			header, body := written(t, 7, "backend-1/42")
			body = spoil(header, body)
			_, err := answer.Check(7, header, body)
			var mismatch *answer.MismatchError
			require.ErrorAs(t, err, &mismatch)
			require.EqualValues(t, 7, mismatch.Connection)
		})
	}
}
