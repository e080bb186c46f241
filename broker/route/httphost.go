package route

import (
	"bytes"
	"fmt"
	"net/url"
	"strings"

	"github.com/handoff-go/handoff/broker"
)

// HTTPHost returns a route that goes by the host that an HTTP/1 client asks for in its first
// request. The keys are as for [SNI]; a request without a host is for the key "*". Hosts without
// a service, and clients that do not speak HTTP/1, have broker.ErrNoRoute.
//
// It decides for the whole connection: a client that asks for another host in a later request of
// a kept-alive connection stays with the backend of its first one, which must answer 421
// (Misdirected Request) to a host that is not its own.
func HTTPHost(services map[string]string) broker.Route {
	h := newHosts(services)
	return func(c broker.Client) (broker.Request, error) {
		host, err := requestHost(c.Sent)
		if err != nil {
			return broker.Request{}, err
		}
		return h.request(host)
	}
}

var errNotHTTP = fmt.Errorf("%w: it does not speak HTTP/1", broker.ErrNoRoute)

// requestHost returns the host of the request at the start of sent: that of its target, which
// servers prefer, or else of its Host field; empty if it has neither. The first Host field decides,
// because servers refuse a request that has two.
func requestHost(sent []byte) (string, error) {
	line, rest, err := nextLine(sent)
	if err != nil {
		return "", err
	}
	host, err := targetHost(line)
	if host != "" || err != nil {
		return withoutPort(host), err
	}
	for {
		line, rest, err = nextLine(rest)
		if err != nil {
			return "", err
		}
		if line == "" {
			return "", nil
		}
		name, value, ok := strings.Cut(line, ":")
		if !ok || !isToken(name) { // obsolete line folding included: it has been used to smuggle fields
			return "", errNotHTTP
		}
		if strings.EqualFold(name, "host") {
			return withoutPort(strings.Trim(value, " \t")), nil
		}
	}
}

// nextLine returns the first line without its line end, and what follows it.
func nextLine(b []byte) (line string, rest []byte, err error) {
	end := bytes.IndexByte(b, '\n')
	if end < 0 {
		// Bytes that cannot become a request are refused without waiting for the end of the line.
		if len(b) > 0 && (b[0] < '!' && b[0] != '\r' || b[0] >= 0x7f) {
			return "", nil, errNotHTTP
		}
		return "", nil, broker.ErrMore
	}
	return strings.TrimSuffix(string(b[:end]), "\r"), b[end+1:], nil
}

// targetHost returns the host in the target of a request line, empty if it has none.
func targetHost(line string) (string, error) {
	method, rest, _ := strings.Cut(line, " ")
	target, version, ok := strings.Cut(rest, " ")
	if !ok || !isToken(method) || !strings.HasPrefix(version, "HTTP/1.") {
		return "", errNotHTTP
	}
	switch {
	case strings.HasPrefix(target, "/"), target == "*":
		return "", nil
	case method == "CONNECT":
		return target, nil
	}
	u, err := url.ParseRequestURI(target)
	if err != nil || u.Host == "" {
		return "", errNotHTTP
	}
	return u.Host, nil
}

func withoutPort(host string) string {
	if inner, ok := strings.CutPrefix(host, "["); ok {
		address, _, _ := strings.Cut(inner, "]")
		return address
	}
	if name, _, ok := strings.Cut(host, ":"); ok && strings.Count(host, ":") == 1 {
		return name
	}
	return host
}

func isToken(s string) bool {
	for i := range len(s) {
		c := s[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0:
		default:
			return false
		}
	}
	return s != ""
}
