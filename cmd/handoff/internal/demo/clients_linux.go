package demo

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/handoff-go/handoff/client"
	"github.com/handoff-go/handoff/cmd/handoff/internal/answer"
	"github.com/handoff-go/handoff/cmd/handoff/internal/plan"
)

// maxRetries is how often a client repeats its GET after the first time.
const maxRetries = 10

// clients runs all clients of a demo. Each wants one answer.
type clients struct {
	cfg     Config
	plan    plan.Plan
	dir     string
	address string
	known   []string // the backends that may answer
	http    *http.Client

	// startVictim returns when a backend that dies with its first offer is linked.
	startVictim func(context.Context) error

	mu    sync.Mutex
	tally Tally
}

func newClients(cfg Config, dir string, broker ready, startVictim func(context.Context) error) *clients {
	c := &clients{
		cfg: cfg, plan: cfg.plan(), dir: dir, address: broker.Address, known: broker.Backends, startVictim: startVictim,
		tally: Tally{By: map[string]int{}, Direct: map[string]int{}},
	}
	c.http = &http.Client{Timeout: attemptLimit, Transport: &http.Transport{
		DialContext:        c.dial,
		DisableKeepAlives:  true, // each GET has a connection of its own, and is not repeated by the transport
		DisableCompression: true,
	}}
	return c
}

type requestKey struct{}

// dial opens a connection to the broker, in the mode of the client that wants it, and
// counts it: the broker must count the same.
func (c *clients) dial(ctx context.Context, network, address string) (net.Conn, error) {
	r, _ := ctx.Value(requestKey{}).(request)
	var conn net.Conn
	var err error
	if r.explicit() {
		d := client.Dialer{Address: explicitPlace.in(c.dir), Service: r.service(c.plan)}
		conn, err = d.DialContext(ctx, network, address)
	} else {
		conn, err = (&net.Dialer{}).DialContext(ctx, network, address)
	}
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	c.tally.Opened++
	c.mu.Unlock()
	return newRecordingConn(conn), nil
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

// prepare starts the backends that will be killed by a request of class kill.
func (c *clients) prepare(ctx context.Context, r request) error {
	if r.service(c.plan) != plan.Kill.String() {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, attemptLimit)
	defer cancel()
	for range offersEach {
		if err := c.startVictim(ctx); err != nil {
			return err
		}
	}
	return nil
}

// client runs one client, from its first attempt to its answer.
func (c *clients) client(ctx context.Context, id uint32) {
	if err := c.prepare(ctx, request{id, 1}); err != nil {
		c.problem("client %d: the backend to be killed did not start: %v", id, err)
	}
	started := time.Now()
	var err error
	for attempt := uint32(1); attempt <= 1+maxRetries && ctx.Err() == nil; attempt++ {
		var got answered
		got, err = c.get(ctx, request{id, attempt})
		var wrong *answer.MismatchError
		if errors.As(err, &wrong) {
			break // a wrong answer is final
		}
		if err == nil {
			c.count(got, got.at.Sub(started), attempt > 1 || got.fellBack)
			return
		}
		c.mu.Lock()
		c.tally.Broken++
		c.mu.Unlock()
		// A party that does not serve a connection closes it, so a timeout is a fault.
		if timeout := net.Error(nil); errors.As(err, &timeout) && timeout.Timeout() && ctx.Err() == nil {
			c.problem("client %d: its connection neither answers nor ends: %v", id, err)
		}
	}
	c.mu.Lock()
	c.tally.Lost++
	c.mu.Unlock()
	c.problem("client %d is lost: %v", id, err)
}

// count counts an answer.
func (c *clients) count(got answered, took time.Duration, again bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := &c.tally
	t.Answered++
	if got.direct {
		t.Direct[got.backend]++
	} else {
		t.By[got.backend]++
	}
	if again {
		t.Reconnected++
		t.Again = append(t.Again, took)
	} else {
		t.FirstTry = append(t.FirstTry, took)
	}
}

// problem records an unexpected event, at most ten.
func (c *clients) problem(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.tally.Problems) < 10 {
		c.tally.Problems = append(c.tally.Problems, fmt.Sprintf(format, args...))
	}
}

// snapshot returns the counts so far.
func (c *clients) snapshot() Tally {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := c.tally
	t.By, t.Direct = maps.Clone(t.By), maps.Clone(t.Direct)
	t.FirstTry, t.Again, t.Problems = slices.Clone(t.FirstTry), slices.Clone(t.Again), slices.Clone(t.Problems)
	return t
}
