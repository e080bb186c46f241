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

// Outcome is what became of one client connection. It is not the registry's state of an attempt:
// an acknowledged attempt may end with nobody serving, if its owner dies.
type Outcome struct {
	Kind    Kind   // what became of it
	Service string // the service that the client asked for; empty if it is not known

	// Conn is the connection, non-nil exactly when the caller of Handoff has it back: its
	// deadlines are cleared, its preface is read from it again, and its Close shuts it
	// down for everybody who has a copy.
	Conn net.Conn
	// Settled says that no other process has a copy of Conn. Otherwise Handoff refuses
	// to offer it again: see ErrUnsettled.
	Settled bool

	Backend  registry.Backend  // the backend that adopted it, or was tried last; zero: none was
	Decision fallback.Decision // why no backend adopted it; zero: one did, or Handoff returns an error
	Err      error             // why Serve could not tell what the client wants: of its route, or of its hello; else nil
	Attempts int               // how many backends it was offered to
	Took     time.Duration     // since it was accepted, or given to Handoff
}

// Request says what a client's connection is for.
type Request struct {
	Service  string // whose backends it is offered to
	Preface  []byte // bytes already read from the client, which the backend reads first; wire.MaxPreface at most
	Metadata []byte // passed on to the backend's application; wire.MaxMetadata at most
	// ClientAddress is passed on to the backend. Empty: the connection's remote address.
	ClientAddress string
	// Proxy is the address that the broker proxies the client to if no backend adopts its
	// connection: a path for a Unix socket, otherwise host and port. Empty: none.
	Proxy string
}
