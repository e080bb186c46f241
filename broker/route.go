package broker

import (
	"fmt"
	"net"
)

// MaxPeek is how much a Route gets to see of what a client sends, in bytes.
const MaxPeek = 16 << 10

// Route says what a plain client wants. It is asked again, with more, while it returns
// ErrMore; any other error ends the client. It decides by what it is given alone, must
// not block or keep Client.Sent, and is called from several goroutines.
//
// It is first asked with nothing: a route that needs no byte serves clients that wait
// for the other side to speak.
type Route func(Client) (Request, error)

// Client is what a Route knows of a client.
type Client struct {
	Local  net.Addr // the listener's
	Remote net.Addr // the client's; nil or unnamed for most Unix sockets
	Sent   []byte   // the first of what it sent, which the backend will read; MaxPeek at most
	Ended  bool     // Sent will not grow: the client sends no more, or MaxPeek is reached
}

// FixedService returns a route that sends every client to one service.
func FixedService(name string) Route {
	return func(Client) (Request, error) { return Request{Service: name}, nil }
}

// ByLocalPort returns a route that goes by the TCP port that the client connected to.
// Other ports have ErrNoRoute.
func ByLocalPort(services map[int]string) Route {
	return func(c Client) (Request, error) {
		if addr, ok := c.Local.(*net.TCPAddr); ok {
			if name, ok := services[addr.Port]; ok {
				return Request{Service: name}, nil
			}
		}
		return Request{}, fmt.Errorf("%w: %v", ErrNoRoute, c.Local)
	}
}
