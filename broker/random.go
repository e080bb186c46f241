package broker

import (
	"crypto/rand"
	"encoding/binary"

	"github.com/handoff-go/handoff/registry"
)

// randomToken returns a token for a client to know its connection by.
func randomToken() (registry.Token, error) {
	var bytes [registry.TokenSize]byte
	if _, err := rand.Read(bytes[:]); err != nil {
		return registry.Token{}, err
	}
	return registry.ParseToken(bytes[:])
}

// randomNonce returns a number for a ping.
func randomNonce() uint64 {
	var bytes [8]byte
	_, _ = rand.Read(bytes[:]) // it never fails, and ends the process instead
	return binary.NativeEndian.Uint64(bytes[:])
}
