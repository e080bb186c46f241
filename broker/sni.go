package broker

import "errors"

// BySNI returns a route that goes by the server name in a TLS client's first message,
// which the backend still gets: it speaks TLS, not the broker. The keys are host names;
// one that begins with "*." has any one first label, and "*" is for all others, and for
// clients that tell no name.
func BySNI(services map[string]string) Route {
	h := newHosts(services)
	return func(c Client) (Request, error) {
		name, err := serverName(c.Sent)
		if err != nil {
			return Request{}, err
		}
		return h.request(name)
	}
}

var errNoTLS = errors.New("broker: the client does not speak TLS")

// The few numbers of TLS that a ClientHello needs.
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

// serverName returns the server name in the ClientHello that sent begins with, empty if
// it has none, or ErrMore if it is not all there.
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
		return "", errNoTLS
	}
	if len(c.rest) == 0 {
		return "", nil // a client of old, without extensions
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
		return "", errNoTLS
	}
	return "", nil
}

// clientHello returns the body of the first message, which may lie in several records.
func clientHello(sent []byte) ([]byte, error) {
	var message []byte
	for {
		switch {
		case len(sent) > 0 && sent[0] != recordHandshake, len(sent) > 1 && sent[1] != 3:
			return nil, errNoTLS
		case len(sent) < recordHeader:
			return nil, ErrMore
		}
		size := int(sent[3])<<8 | int(sent[4])
		if size == 0 || size > recordLimit {
			return nil, errNoTLS
		}
		sent = sent[recordHeader:]
		part := sent[:min(size, len(sent))]
		message = append(message, part...)
		if len(message) > 0 && message[0] != messageHello {
			return nil, errNoTLS
		}
		if len(message) >= messageHeader {
			want := int(message[1])<<16 | int(message[2])<<8 | int(message[3])
			if len(message)-messageHeader >= want {
				return message[messageHeader:][:want], nil
			}
		}
		if len(part) < size {
			return nil, ErrMore
		}
		sent = sent[size:]
	}
}

// cursor takes fields off bytes. A field that is not all there makes it bad, and empty.
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

// number takes a number of so many bytes.
func (c *cursor) number(bytes int) int {
	var n int
	for _, b := range c.take(bytes) {
		n = n<<8 | int(b)
	}
	return n
}

// vector takes bytes behind their length, which has so many bytes.
func (c *cursor) vector(bytes int) []byte {
	n := c.number(bytes)
	return c.take(n)
}
