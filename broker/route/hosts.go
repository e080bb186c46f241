package route

import (
	"fmt"
	"maps"
	"strings"

	"github.com/handoff-go/handoff/broker"
)

// hosts maps the name of the host that a client asks for to a service.
type hosts map[string]string

func newHosts(services map[string]string) hosts {
	h := hosts{}
	for host, service := range maps.All(services) {
		h[canonical(host)] = service
	}
	return h
}

// request finds the service of a host: by its name, by "*." in place of its first label, or by "*".
// An empty host means that the client named none.
func (h hosts) request(host string) (broker.Request, error) {
	host = canonical(host)
	if service, ok := h[host]; ok && host != "" {
		return broker.Request{Service: service}, nil
	}
	if _, parent, ok := strings.Cut(host, "."); ok {
		if service, ok := h["*."+parent]; ok {
			return broker.Request{Service: service}, nil
		}
	}
	if service, ok := h["*"]; ok {
		return broker.Request{Service: service}, nil
	}
	return broker.Request{}, fmt.Errorf("%w: host %q", broker.ErrNoRoute, host)
}

func canonical(host string) string { return strings.ToLower(strings.TrimSuffix(host, ".")) }
