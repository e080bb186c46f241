package route

import (
	"fmt"

	"github.com/handoff-go/handoff/broker"
)

// SNI returns a route that goes by the server name in a TLS client's ClientHello. The broker only
// looks at it: the backend reads the whole ClientHello and speaks TLS.
//
// The keys are host names. One that begins with "*." matches any one first label, and "*" matches
// all other names and clients that send none. Names without a service, and clients that do not speak
// TLS, have broker.ErrNoRoute.
func SNI(services map[string]string) broker.Route {
	h := newHosts(services)
	return func(c broker.Client) (broker.Request, error) {
		name, err := serverName(c.Sent)
		if err != nil {
			return broker.Request{}, err
		}
		return h.request(name)
	}
}

var errNotTLS = fmt.Errorf("%w: it does not speak TLS", broker.ErrNoRoute)

// The constants of TLS that it takes to read a ClientHello (RFC 8446, sections 4 and 5).
const (
	recordHandshake  = 22
	messageHello     = 1
	extensionName    = 0
	nameHost         = 0
	recordHeader     = 5
	recordLimit      = 1<<14 + 256
	messageHeader    = 4
	versionAndRandom = 2 + 32
)

// serverName returns the server name in the ClientHello at the start of sent, empty if it has none.
// The error is broker.ErrMore while the ClientHello is incomplete.
func serverName(sent []byte) (string, error) {
	message, err := clientHello(sent)
	if err != nil {
		return "", err
	}
	c := cursor{rest: message}
	c.take(versionAndRandom)
	c.vector(1) // session
	c.vector(2) // ciphers
	c.vector(1) // compressions
	if c.bad {
		return "", errNotTLS
	}
	if len(c.rest) == 0 {
		return "", nil // a TLS client so old that it sends no extensions
	}
	extensions := cursor{rest: c.vector(2), bad: c.bad}
	for len(extensions.rest) > 0 && !extensions.bad {
		kind := extensions.number(2)
		body := cursor{rest: extensions.vector(2)}
		if kind != extensionName {
			continue
		}
		names := cursor{rest: body.vector(2), bad: body.bad}
		for len(names.rest) > 0 && !names.bad {
			kind, name := names.number(1), names.vector(2)
			if kind == nameHost && !names.bad {
				return string(name), nil
			}
		}
		extensions.bad = extensions.bad || names.bad
	}
	if extensions.bad {
		return "", errNotTLS
	}
	return "", nil
}

// clientHello returns the body of the first message, which may span several records.
func clientHello(sent []byte) ([]byte, error) {
	var message []byte
	for {
		switch {
		case len(sent) > 0 && sent[0] != recordHandshake, len(sent) > 1 && sent[1] != 3:
			return nil, errNotTLS
		case len(sent) < recordHeader:
			return nil, broker.ErrMore
		}
		size := int(sent[3])<<8 | int(sent[4])
		if size == 0 || size > recordLimit {
			return nil, errNotTLS
		}
		sent = sent[recordHeader:]
		part := sent[:min(size, len(sent))]
		message = append(message, part...)
		if len(message) > 0 && message[0] != messageHello {
			return nil, errNotTLS
		}
		if len(message) >= messageHeader {
			want := int(message[1])<<16 | int(message[2])<<8 | int(message[3])
			if len(message)-messageHeader >= want {
				return message[messageHeader:][:want], nil
			}
		}
		if len(part) < size {
			return nil, broker.ErrMore
		}
		sent = sent[size:]
	}
}

// cursor takes fields off the front of a byte slice. A field that is not complete makes it bad, and
// empty.
type cursor struct {
	rest []byte
	bad  bool
}

func (c *cursor) take(n int) []byte {
	if n > len(c.rest) {
		c.rest, c.bad = nil, true
		return nil
	}
	b := c.rest[:n]
	c.rest = c.rest[n:]
	return b
}

// number takes a big-endian number that has the given count of bytes.
func (c *cursor) number(bytes int) int {
	var n int
	for _, b := range c.take(bytes) {
		n = n<<8 | int(b)
	}
	return n
}

// vector takes a byte string behind its length, whose own size is the given count of bytes.
func (c *cursor) vector(bytes int) []byte {
	n := c.number(bytes)
	return c.take(n)
}
