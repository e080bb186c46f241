package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"slices"
	"time"

	"github.com/handoff-go/handoff/client"
	"github.com/handoff-go/handoff/cmd/handoff/internal/answer"
)

// answered describes one whole answer.
type answered struct {
	backend  string
	at       time.Time // when its last byte was read
	direct   bool      // the connection was not handed over
	fellBack bool      // the client reconnected after a fallback
}

// get makes one attempt. A *answer.MismatchError is an answer that is wrong; any other
// error means that the connection ended without one.
func (c *clients) get(ctx context.Context, r request) (got answered, err error) {
	var conn *recordingConn
	ctx = httptrace.WithClientTrace(context.WithValue(ctx, requestKey{}, r), &httptrace.ClientTrace{
		GotConn: func(info httptrace.GotConnInfo) { conn, _ = info.Conn.(*recordingConn) },
	})
	defer func() {
		if conn == nil {
			return
		}
		if made, ok := conn.Conn.(*client.Conn); ok && made.Outcome() == client.Reconnected {
			got.fellBack = true
			c.mu.Lock()
			c.tally.FellBack++
			c.mu.Unlock()
		}
	}()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+c.address+r.path(), nil)
	if err != nil {
		return got, err
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return got, err
	}
	body, err := io.ReadAll(resp.Body)
	got.at = time.Now()
	if err := errors.Join(err, resp.Body.Close()); err != nil {
		return got, err
	}
	wrong := func(format string, args ...any) (answered, error) {
		return got, &answer.MismatchError{Connection: r.connection, Backend: got.backend, Problem: fmt.Sprintf(format, args...)}
	}
	if resp.StatusCode != http.StatusOK {
		return wrong("status %s", resp.Status)
	}
	if got.backend, err = answer.Check(r.connection, resp.Header, body); err != nil {
		return got, err
	}
	if !slices.Contains(c.known, got.backend) {
		return wrong("no backend that may answer")
	}
	got.direct = resp.Header.Get(headerDirect) != ""
	// The transport does not read past the answer, where a second owner of the
	// connection would write.
	if err := conn.onlyAnswer(); err != nil {
		return wrong("%v", err)
	}
	return got, nil
}
