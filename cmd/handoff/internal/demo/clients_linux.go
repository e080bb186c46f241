package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptrace"
	"slices"
	"sync"
	"time"

	"github.com/handoff-go/handoff/cmd/handoff/internal/answer"
)

// maxRetries is how often a client repeats its GET after the first time.
const maxRetries = 10

// clients are all clients of a run. Each wants one answer.
type clients struct {
	cfg     Config
	address string
	known   []string // the backends that may answer
	http    *http.Client

	mu    sync.Mutex
	tally Tally
}

func newClients(cfg Config, broker ready) *clients {
	c := &clients{cfg: cfg, address: broker.Address, known: broker.Backends, tally: Tally{By: map[string]int{}}}
	c.http = &http.Client{Timeout: attemptLimit, Transport: &http.Transport{
		DialContext:        c.dial,
		DisableKeepAlives:  true, // each GET has a connection of its own, and is not repeated by the transport
		DisableCompression: true,
	}}
	return c
}

// dial opens a connection and counts it: the broker must count the same.
func (c *clients) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	c.tally.Opened++
	c.mu.Unlock()
	return newTap(conn), nil
}

// run returns when every client has its answer or has given up.
func (c *clients) run(ctx context.Context) {
	next := make(chan uint32)
	var workers sync.WaitGroup
	for range min(c.cfg.Parallel, c.cfg.Connections) {
		workers.Go(func() {
			for id := range next {
				c.client(ctx, id)
			}
		})
	}
	for id := range c.cfg.Connections {
		next <- uint32(id)
	}
	close(next)
	workers.Wait()
	c.http.CloseIdleConnections()
}

// client is one client, from its first attempt to its answer.
func (c *clients) client(ctx context.Context, id uint32) {
	started := time.Now()
	var err error
	for attempt := uint32(1); attempt <= 1+maxRetries && ctx.Err() == nil; attempt++ {
		var backend string
		var answered time.Time
		backend, answered, err = c.get(ctx, request{id, attempt})
		var wrong *answer.MismatchError
		if errors.As(err, &wrong) {
			break // no retry makes that good
		}
		c.mu.Lock()
		if err == nil {
			c.tally.Answered++
			c.tally.By[backend]++
			if took := answered.Sub(started); attempt == 1 {
				c.tally.FirstTry = append(c.tally.FirstTry, took)
			} else {
				c.tally.Reconnected++
				c.tally.Again = append(c.tally.Again, took)
			}
			c.mu.Unlock()
			return
		}
		c.tally.Broken++
		c.mu.Unlock()
		// Whoever does not serve a connection ends it. Silence is never an outcome.
		if timeout := net.Error(nil); errors.As(err, &timeout) && timeout.Timeout() && ctx.Err() == nil {
			c.problem("client %d: its connection neither answers nor ends: %v", id, err)
		}
	}
	c.mu.Lock()
	c.tally.Lost++
	c.mu.Unlock()
	c.problem("client %d is lost: %v", id, err)
}

// problem notes what should not happen; a handful tells enough.
func (c *clients) problem(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.tally.Problems) < 10 {
		c.tally.Problems = append(c.tally.Problems, fmt.Sprintf(format, args...))
	}
}

// get makes one attempt. It returns who answered and when the answer was whole.
// A *answer.MismatchError is an answer that is wrong; any other error means that
// the connection ended without one.
func (c *clients) get(ctx context.Context, r request) (backend string, answered time.Time, err error) {
	var conn *tap
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(info httptrace.GotConnInfo) { conn, _ = info.Conn.(*tap) },
	})
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+c.address+r.path(), nil)
	if err != nil {
		return "", time.Time{}, err
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return "", time.Time{}, err
	}
	body, err := io.ReadAll(resp.Body)
	answered = time.Now()
	if err := errors.Join(err, resp.Body.Close()); err != nil {
		return "", time.Time{}, err
	}
	wrong := func(format string, args ...any) (string, time.Time, error) {
		return "", time.Time{}, &answer.MismatchError{Connection: r.connection, Backend: backend, Problem: fmt.Sprintf(format, args...)}
	}
	if resp.StatusCode != http.StatusOK {
		return wrong("status %s", resp.Status)
	}
	if backend, err = answer.Check(r.connection, resp.Header, body); err != nil {
		return "", time.Time{}, err
	}
	if !slices.Contains(c.known, backend) {
		return wrong("no backend that may answer")
	}
	// The transport reads no further than the answer. A second owner of the
	// connection would write behind it.
	if err := conn.onlyAnswer(); err != nil {
		return wrong("%v", err)
	}
	return backend, answered, nil
}

// snapshot returns the counts so far.
func (c *clients) snapshot() Tally {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := c.tally
	t.By = maps.Clone(t.By)
	t.FirstTry, t.Again, t.Problems = slices.Clone(t.FirstTry), slices.Clone(t.Again), slices.Clone(t.Problems)
	return t
}
