// Package answer is what a backend of the demo answers, and how a client checks
// it. Every byte follows from the connection and the backend, so that a missing,
// foreign or mixed-in byte shows.
package answer

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
)

// The headers of an answer.
const (
	HeaderBackend = "Handoff-Backend" // who answered
	HeaderLength  = "Handoff-Length"  // the length of the body in bytes
	HeaderSum     = "Handoff-Sha256"  // the SHA-256 of the body, in hex
)

// Body returns the answer of a backend to a connection: 1 to 8 KiB, by the
// connection, of lines that each name both.
func Body(connection uint32, backend string) []byte {
	seed := sha256.Sum256([]byte(strconv.FormatUint(uint64(connection), 10)))
	size := 1024 + (int(seed[0])<<8|int(seed[1]))%(7*1024)
	var b bytes.Buffer
	for line := 0; b.Len() < size; line++ {
		fmt.Fprintf(&b, "connection %d, line %d, served by %s\n", connection, line, backend)
	}
	return b.Bytes()[:size]
}

// Write writes the whole answer to w, its headers first.
func Write(w http.ResponseWriter, connection uint32, backend string) error {
	body := Body(connection, backend)
	sum := sha256.Sum256(body)
	w.Header().Set(HeaderBackend, backend)
	w.Header().Set(HeaderLength, strconv.Itoa(len(body)))
	w.Header().Set(HeaderSum, hex.EncodeToString(sum[:]))
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	_, err := w.Write(body)
	return err
}

// Check returns the backend that the answer to a connection came from, or a
// *MismatchError if the length, the hash or any byte of the body is not as that
// backend writes it.
func Check(connection uint32, header http.Header, body []byte) (backend string, err error) {
	backend = header.Get(HeaderBackend)
	wrong := func(format string, args ...any) (string, error) {
		return backend, &MismatchError{Connection: connection, Backend: backend, Problem: fmt.Sprintf(format, args...)}
	}
	if backend == "" {
		return wrong("no backend is named")
	}
	if length := header.Get(HeaderLength); length != strconv.Itoa(len(body)) {
		return wrong("%d bytes came, %q were promised", len(body), length)
	}
	sum := sha256.Sum256(body)
	if promised := header.Get(HeaderSum); promised != hex.EncodeToString(sum[:]) {
		return wrong("the hash is not %q, which was promised", promised)
	}
	// The hash came over the same connection, so it proves nothing about whose
	// bytes these are; only the comparison does.
	if want := Body(connection, backend); !bytes.Equal(body, want) {
		return wrong("not the bytes that this backend answers to this connection")
	}
	return backend, nil
}

// MismatchError says that an answer is not what its backend should have sent.
type MismatchError struct {
	Connection uint32
	Backend    string // as the answer names it
	Problem    string
}

// Error implements error.
func (e *MismatchError) Error() string {
	return fmt.Sprintf("answer of %q to connection %d: %s", e.Backend, e.Connection, e.Problem)
}
