package broker

import "github.com/handoff-go/handoff/internal/fdpass"

// Why a link is dropped, for tests that tell one reason from another.
var (
	ErrMessage = errMessage
	ErrFlooded = errFlooded
	ErrSilent  = errSilent
)

// Leaks returns where the descriptors that are open now came from.
func Leaks(b *Broker) []fdpass.Leak { return b.ledger.Leaks() }
