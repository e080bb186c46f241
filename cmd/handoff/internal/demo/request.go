package demo

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/handoff-go/handoff/cmd/handoff/internal/plan"
)

// request is what a client asks for. Its path tells who asks and how often it
// has, so that the connection's service is known before it is handed over.
type request struct{ connection, attempt uint32 }

// path is what the client GETs; route is the same for a ServeMux.
func (r request) path() string {
	return fmt.Sprintf("/connections/%d/attempts/%d", r.connection, r.attempt)
}

const (
	route          = "GET /connections/{connection}/attempts/{attempt}"
	maxRequestLine = 128
)

// retryService serves all attempts but the first.
const retryService = "retry"

// service returns what serves the request: a plan's class is one.
func (r request) service(p plan.Plan) string {
	if r.attempt != 1 {
		return retryService
	}
	return p.Class(r.connection, r.attempt).String()
}

// explicit reports whether the client speaks the explicit mode: every fifth does.
func (r request) explicit() bool { return r.connection%5 == 4 }

// proxied reports whether the broker is to proxy the connection if no backend takes
// it. Every other plain client of the class never asks for that.
func (r request) proxied(p plan.Plan) bool {
	return !r.explicit() && r.connection%2 == 0 && r.service(p) == plan.Never.String()
}

// parseRequestLine reads an HTTP/1.1 request line, its end included, in the one
// form that the demo's clients write.
func parseRequestLine(line string) (request, error) {
	parts := strings.Split(line, "/")
	if len(parts) != 6 {
		return request{}, fmt.Errorf("request line %.80q: not of the demo", line)
	}
	connection, err := strconv.ParseUint(parts[2], 10, 32)
	attempt, attemptErr := strconv.ParseUint(strings.TrimSuffix(parts[4], " HTTP"), 10, 32)
	if err := errors.Join(err, attemptErr); err != nil {
		return request{}, fmt.Errorf("request line %.80q: %w", line, err)
	}
	r := request{connection: uint32(connection), attempt: uint32(attempt)}
	if want := "GET " + r.path() + " HTTP/1.1\r\n"; line != want {
		return request{}, fmt.Errorf("request line %.80q: want %q", line, want)
	}
	return r, nil
}
