package backend_test

import (
	"crypto/rand"

	"github.com/handoff-go/handoff/registry"
)

func readToken() (registry.Token, error) {
	var b [registry.TokenSize]byte
	_, _ = rand.Read(b[:])
	return registry.ParseToken(b[:])
}
