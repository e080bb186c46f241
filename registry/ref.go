package registry

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
)

// Ref names t as [Event].Ref does, so that a caller can relate a token it holds
// to the trace without revealing it. It is 8 bytes of an HMAC of t under a
// random key of this registry: two registries name one token differently, and a
// name does not lead back to the token. Ref is defined for every token, live or
// not. It returns 0 for the zero Token, and for every token if Options.Trace is
// nil: New then draws no key, since there is no trace to relate to. It takes no
// lock.
func (r *Registry) Ref(t Token) uint64 {
	if r.refKey == nil || t.IsZero() {
		return 0
	}
	h := hmac.New(sha256.New, r.refKey)
	b := t.Bytes()
	h.Write(b[:])
	return binary.LittleEndian.Uint64(h.Sum(nil))
}

// newRefKey draws the key of Ref. Its length is the hash's, as HMAC recommends.
func newRefKey() []byte {
	key := make([]byte, sha256.Size)
	rand.Read(key) // never fails: it ends the process instead
	return key
}
