package broker

import (
	"bytes"
	"errors"
	"net/url"
	"strings"
)

// ByHTTPHost returns a route that goes by the host that an HTTP/1 client asks for in its
// first request. The keys are as for BySNI.
//
// It decides for the whole connection: a client that asks for another host in a later
// request of a kept-alive connection is still with the first one's backend, which must
// answer 421 (Misdirected Request) to a host that is not its own.
func ByHTTPHost(services map[string]string) Route {
	h := newHosts(services)
	return func(c Client) (Request, error) {
		host, err := requestHost(c.Sent)
		if err != nil {
			return Request{}, err
		}
		return h.request(host)
	}
}

var errNoHTTP = errors.New("broker: the client does not speak HTTP/1")

// requestHost returns the host of the request that sent begins with: of its target, if
// that has one, as servers prefer it, and else of its Host field; empty if there is none.
// It is decided by the first Host field, since no server takes a second one.
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
		if !ok || !isToken(name) { // also a line that continues another, which has been abused
			return "", errNoHTTP
		}
		if strings.EqualFold(name, "host") {
			return withoutPort(strings.Trim(value, " \t")), nil
		}
	}
}

// nextLine returns the first line without its end, and what follows.
func nextLine(b []byte) (line string, rest []byte, err error) {
	end := bytes.IndexByte(b, '\n')
	if end < 0 {
		// What cannot become a request need not be waited for.
		if len(b) > 0 && (b[0] < '!' && b[0] != '\r' || b[0] >= 0x7f) {
			return "", nil, errNoHTTP
		}
		return "", nil, ErrMore
	}
	return strings.TrimSuffix(string(b[:end]), "\r"), b[end+1:], nil
}

// targetHost returns the host in the target of a request line, empty if it has none.
func targetHost(line string) (string, error) {
	method, rest, _ := strings.Cut(line, " ")
	target, version, ok := strings.Cut(rest, " ")
	if !ok || !isToken(method) || !strings.HasPrefix(version, "HTTP/1.") {
		return "", errNoHTTP
	}
	switch {
	case strings.HasPrefix(target, "/"), target == "*":
		return "", nil
	case method == "CONNECT":
		return target, nil
	}
	u, err := url.ParseRequestURI(target)
	if err != nil || u.Host == "" {
		return "", errNoHTTP
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
