package broker

import (
	"net"
	"strconv"
	"time"

	"github.com/handoff-go/handoff/fallback"
	"github.com/handoff-go/handoff/registry"
)

// Kind is what became of a client's connection. The zero Kind is none.
type Kind uint8

// The kinds.
const (
	// Adopted: a backend acknowledged in time and owns the connection. It may have died
	// since, and then nobody serves it.
	Adopted Kind = iota + 1
	// Fenced: the broker ended the connection, because a backend may have owned it.
	Fenced
	// Fallback: nobody owned it but the broker. A client of the explicit mode was told
	// to reconnect; the caller of Handoff has the connection back.
	Fallback
	// Proxied: the broker serves the connection by proxy.
	Proxied
	// Closed: the broker ended a connection that nobody else owned, or that its client
	// had ended.
	Closed
)

// String returns the kind's name in lower case, or Kind(n) for another number.
func (k Kind) String() string {
	switch k {
	case Adopted:
		return "adopted"
	case Fenced:
		return "fenced"
	case Fallback:
		return "fallback"
	case Proxied:
		return "proxied"
	case Closed:
		return "closed"
	}
	return "Kind(" + strconv.Itoa(int(k)) + ")"
}

// Outcome is what became of one client connection. The registry's word for an attempt
// is another thing: an acknowledged one may end with nobody serving.
type Outcome struct {
	Kind    Kind   // what became of it
	Service string // that it was for

	// Conn is the connection, non-nil exactly when it is the caller's again: its
	// deadlines are cleared, its preface is read from it again, and its Close shuts it
	// down for everybody. Only Handoff returns one.
	Conn net.Conn
	// Settled says that no other process has a copy of Conn. Otherwise Handoff refuses
	// to offer it again: see ErrUnsettled.
	Settled bool

	Backend  registry.Backend  // who adopted it, or was tried last; zero: nobody was
	Decision fallback.Decision // why no backend adopted it; zero: one did
	Attempts int               // how many backends it was offered to
	Took     time.Duration     // from the broker's first look at it
}

// Request is what a broker is asked to do with a connection.
type Request struct {
	Service  string // who shall have it
	Preface  []byte // what was read from the client already: the backend reads it first; wire.MaxPreface at most
	Metadata []byte // for the backend's application; wire.MaxMetadata at most
	// ClientAddress is told to the backend. Empty: the remote address.
	ClientAddress string
	// Proxy is the address that the broker itself connects the client to if no backend
	// adopts it: a path for a Unix socket, else host and port. Empty: it does not.
	Proxy string
}
