package broker

import "net"

// MaxPeek is how many bytes of what a client sends a Route sees at most.
const MaxPeek = 16 << 10

// Route says which service a plain client wants; package [github.com/handoff-go/handoff/broker/route]
// has the usual ones. It is called again, with more bytes, while it returns ErrMore; any other error
// ends the client. It must decide by its argument alone, and an answer other than ErrMore must stay
// the same when more bytes come: how a client's bytes were split into packets must not matter. It
// must not block or keep Client.Sent, and is called from several goroutines.
//
// The first call has no bytes: a route that needs none serves clients that wait for the server to
// speak first.
type Route func(Client) (Request, error)

// Client is what a Route knows of a client.
type Client struct {
	Local  net.Addr // the listener's address
	Remote net.Addr // the client's address; nil or unnamed for most Unix sockets
	Sent   []byte   // the first bytes that it sent, MaxPeek at most; the backend still reads them
	Ended  bool     // Sent will not grow: the client sends no more, or MaxPeek is reached
}
