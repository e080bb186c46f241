package route

import (
	"errors"
	"fmt"

	"github.com/handoff-go/handoff/broker"
)

var errEnded = fmt.Errorf("%w: it ended before its protocol was known", broker.ErrNoRoute)

// First returns a route that asks others in order, and gives the first request that one of them
// finds. A route that answers broker.ErrNoRoute is passed over. One that answers broker.ErrMore is
// waited for, and nobody behind it is asked before it has decided: otherwise First(SNI, Fixed) would
// send a TLS client to Fixed whenever its first packet is short. Any other error ends the client.
//
// When Client.Ended is set no more bytes will come, so a route that still answers broker.ErrMore is
// passed over, too. Nobody knowing the client, the error is broker.ErrNoRoute, with what each said.
//
// Clients that wait for the server to speak first, as those of SSH may, send no byte by which SNI or
// HTTPHost could decide: put Port or Fixed first for them, or serve them on another listener.
func First(routes ...broker.Route) broker.Route {
	routes = append([]broker.Route(nil), routes...)
	return func(c broker.Client) (broker.Request, error) {
		var refused []error
		for _, route := range routes {
			request, err := route(c)
			switch {
			case err == nil:
				return request, nil
			case errors.Is(err, broker.ErrMore) && c.Ended:
				refused = append(refused, errEnded)
			case errors.Is(err, broker.ErrNoRoute):
				refused = append(refused, err)
			default:
				return broker.Request{}, err
			}
		}
		if len(refused) == 0 {
			return broker.Request{}, broker.ErrNoRoute
		}
		return broker.Request{}, errors.Join(refused...)
	}
}
