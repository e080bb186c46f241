package route_test

import (
	"fmt"

	"github.com/handoff-go/handoff/broker"
	"github.com/handoff-go/handoff/broker/route"
)

// One listener for three protocols: TLS by its server name, HTTP/1 by its host, and the rest.
func ExampleFirst() {
	clients := route.First(
		route.SNI(map[string]string{"shop.example": "shop"}),
		route.HTTPHost(map[string]string{"*.example": "redirect"}),
		route.Fixed("other"),
	)
	for _, sent := range []string{
		"",                      // nothing yet: TLS is still possible
		"GET / HTTP/1.1\r\nHos", // not TLS; the host is not complete
		"GET / HTTP/1.1\r\nHost: www.example\r\n", // known
		"*1\r\n$4\r\nPING\r\n",                    // neither TLS nor HTTP
	} {
		request, err := clients(broker.Client{Sent: []byte(sent)})
		fmt.Printf("%q: %q, %v\n", sent, request.Service, err)
	}
	// Output:
	// "": "", broker: the route needs more bytes of the client
	// "GET / HTTP/1.1\r\nHos": "", broker: the route needs more bytes of the client
	// "GET / HTTP/1.1\r\nHost: www.example\r\n": "redirect", <nil>
	// "*1\r\n$4\r\nPING\r\n": "other", <nil>
}
