package broker

import (
	"fmt"
	"maps"
	"strings"
)

// hosts are services by the name of the host that a client asks for.
type hosts map[string]string

func newHosts(services map[string]string) hosts {
	h := hosts{}
	for host, service := range maps.All(services) {
		h[canonical(host)] = service
	}
	return h
}

// request finds the service of a host: by its name, by "*." in place of its first label,
// or by "*". An empty host is one that the client did not tell.
func (h hosts) request(host string) (Request, error) {
	host = canonical(host)
	if service, ok := h[host]; ok && host != "" {
		return Request{Service: service}, nil
	}
	if _, parent, ok := strings.Cut(host, "."); ok {
		if service, ok := h["*."+parent]; ok {
			return Request{Service: service}, nil
		}
	}
	if service, ok := h["*"]; ok {
		return Request{Service: service}, nil
	}
	return Request{}, fmt.Errorf("%w: host %q", ErrNoRoute, host)
}

func canonical(host string) string { return strings.ToLower(strings.TrimSuffix(host, ".")) }
