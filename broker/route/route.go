// Package route holds the usual routes of a broker: they tell which service a plain client, which
// knows nothing of handoff, wants.
//
//	clients := route.First(
//		route.SNI(map[string]string{"shop.example": "shop-tls"}),
//		route.HTTPHost(map[string]string{"*.example": "web"}),
//		route.Fixed("ssh"),
//	)
//
// SNI and HTTPHost go by what the client sends, Port by where it connected, Fixed by nothing. A route
// that does not know a client answers with an error that is [broker.ErrNoRoute]: so does SNI for
// a client that does not speak TLS, and HTTPHost for one that does not speak HTTP/1. [First] takes
// that as a sign to ask the next one.
//
// All routes are safe for concurrent use, and copy the maps that they are given.
package route

import (
	"fmt"
	"maps"
	"net"

	"github.com/handoff-go/handoff/broker"
)

// Fixed returns a route that sends every client to one service. It needs no byte of the client.
func Fixed(service string) broker.Route {
	return func(broker.Client) (broker.Request, error) { return broker.Request{Service: service}, nil }
}

// Port returns a route that goes by the TCP port that the client connected to. It needs no byte of
// the client. Other ports, and clients of Unix sockets, have broker.ErrNoRoute.
func Port(services map[int]string) broker.Route {
	services = maps.Clone(services)
	return func(c broker.Client) (broker.Request, error) {
		if addr, ok := c.Local.(*net.TCPAddr); ok {
			if service, ok := services[addr.Port]; ok {
				return broker.Request{Service: service}, nil
			}
		}
		return broker.Request{}, fmt.Errorf("%w: it connected to %v", broker.ErrNoRoute, c.Local)
	}
}
