package tracing

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/handoff-go/handoff/backend"
	"github.com/handoff-go/handoff/broker"
	"github.com/handoff-go/handoff/broker/route"
	"github.com/handoff-go/handoff/client"
	"github.com/handoff-go/handoff/spec/trace/events"
)

// links is how many backends there are for one connection.
const links = 2

// stage is a broker and two backends that are there for one connection.
type stage struct {
	*steps
	cfg      Config
	scenario scenario
	kind     string

	dir     string
	broker  *broker.Broker
	control net.Listener
	clients net.Listener
	direct  net.Listener // where a client reconnects
	outcome chan broker.Outcome
	running sync.WaitGroup

	// Under steps.mu.
	backends []*backend.Listener
	lease    bool
}

// transfers records one connection in each scenario, for each kind of client.
func transfers(ctx context.Context, cfg Config) ([]events.Transfer, error) {
	var all []events.Transfer
	for _, sc := range scenarios() {
		for _, kind := range []string{"explicit", "plain"} {
			if sc.givesUp && kind == "explicit" {
				continue // who calls Handoff tells its client by itself
			}
			s := &stage{steps: newSteps(), cfg: cfg, scenario: sc, kind: kind, outcome: make(chan broker.Outcome, 1), lease: true}
			err := s.open(ctx)
			if err == nil {
				err = s.run(ctx)
			}
			err = errors.Join(err, s.close())
			recorded, late := s.recorded()
			if err := errors.Join(err, late); err != nil {
				return nil, fmt.Errorf("%s, %s: %w", sc.name, kind, err)
			}
			all = append(all, events.Transfer{Name: sc.name + "-" + kind, Kind: kind, Lease: s.lease, Margin: !sc.noLease, Links: links, Steps: recorded})
		}
	}
	return all, nil
}

func (s *stage) open(ctx context.Context) (err error) {
	if s.dir, err = os.MkdirTemp("", "handoff-trace-"); err != nil {
		return err
	}
	for name, ln := range map[string]*net.Listener{"control": &s.control, "clients": &s.clients, "direct": &s.direct} {
		if *ln, err = net.Listen("unix", filepath.Join(s.dir, name)); err != nil {
			return err
		}
	}
	o := broker.Options{
		AckDeadline:   s.cfg.AckDeadline,
		SettleTimeout: s.cfg.AckDeadline / 2,
		Attempts:      links,
		PingInterval:  -1,
		OnOutcome:     func(o broker.Outcome) { s.outcome <- o },
		Trace:         s.stepOfBroker,
	}
	if s.scenario.noLease {
		o.Margin = s.cfg.AckDeadline
	}
	if s.broker, err = broker.New(o); err != nil {
		return err
	}
	var clientRoute broker.Route
	if s.kind == "plain" {
		clientRoute = route.Fixed(service)
	}
	s.running.Go(func() { _ = s.broker.ServeBackends(s.control) })
	if !s.scenario.givesUp {
		s.running.Go(func() { _ = s.broker.Serve(s.clients, clientRoute) })
	}
	s.running.Go(s.greetDirectly)
	for i := range links {
		ln, err := backend.Listen(ctx, s.control.Addr().String(), service, backend.Options{Trace: func(e backend.Event) { s.stepOfBackend(i+1, e) }})
		if err != nil {
			return err
		}
		s.mu.Lock()
		s.backends = append(s.backends, ln)
		s.mu.Unlock()
		if s.scenario.accepting {
			s.accept(i)
		}
	}
	return nil
}

func (s *stage) stepOfBroker(e broker.Event) {
	if e.Op == broker.OpLinkUp && e.Note != "lease" {
		s.mu.Lock()
		s.lease = false
		s.mu.Unlock()
	}
	s.ofBroker(e)
	if s.scenario.broker != nil {
		s.scenario.broker(s, e)
	}
}

func (s *stage) stepOfBackend(link int, e backend.Event) {
	s.ofBackend(link, e)
	if s.scenario.backend != nil {
		s.scenario.backend(s, link, e)
	}
}

// backend returns one of the backends.
func (s *stage) backend(i int) *backend.Listener {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.backends[i]
}

// accept accepts one connection of a backend and serves it.
func (s *stage) accept(i int) {
	ln := s.backend(i)
	s.running.Go(func() {
		conn, err := ln.Accept()
		if err != nil {
			return // the listener is closed
		}
		_, _ = io.WriteString(conn, greeting)
		conn.Close()
	})
}

func (s *stage) greetDirectly() {
	for {
		conn, err := s.direct.Accept()
		if err != nil {
			return
		}
		_, _ = io.WriteString(conn, greeting)
		conn.Close()
	}
}

// run lets one client come, and waits until it is known what became of it.
func (s *stage) run(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	conn, err := s.dial(ctx)
	if err == nil && s.scenario.givesUp {
		s.running.Go(func() { s.giveUp(ctx) })
	}
	if err == nil {
		stop := context.AfterFunc(ctx, func() { conn.Close() })
		defer stop()
		_, _ = io.ReadAll(conn) // a greeting, or an end
		conn.Close()
	}
	select {
	case <-s.outcome:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("no outcome: %w; the client: %w", context.Cause(ctx), err)
	}
}

// giveUp hands the client over, as who accepts by itself does, and gives up when a
// backend has the offer.
func (s *stage) giveUp(ctx context.Context) {
	conn, err := s.clients.Accept()
	if err != nil {
		return // there is no outcome then
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s.running.Go(func() {
		s.await("backend", string(backend.OpReadOffer))
		cancel()
	})
	o, _ := s.broker.Handoff(ctx, conn, broker.Request{Service: service}) // that it gave up
	if o.Conn != nil {
		o.Conn.Close()
	}
	s.outcome <- o
}

func (s *stage) dial(ctx context.Context) (net.Conn, error) {
	if s.kind == "plain" {
		var d net.Dialer
		return d.DialContext(ctx, "unix", s.clients.Addr().String())
	}
	d := client.Dialer{Address: s.clients.Addr().String(), Service: service, Wait: true, Reconnect: s.direct.Addr().String(), Trace: s.ofClient}
	return d.DialContext(ctx, "", "")
}

// close ends all that open began. The broker says bye when everything has
// settled, and each backend reads all until then.
func (s *stage) close() error {
	s.settle()
	var err error
	if s.broker != nil {
		ctx, cancel := context.WithTimeout(context.Background(), limit)
		defer cancel()
		_, err = s.broker.Shutdown(ctx)
	}
	for _, ln := range s.backends {
		ln.Close()
	}
	for _, ln := range []net.Listener{s.control, s.clients, s.direct} {
		if ln != nil {
			ln.Close()
		}
	}
	s.running.Wait()
	return errors.Join(err, os.RemoveAll(s.dir))
}

// settle waits until every commit was read, and every revoke answered, for a
// while: an owner answers none.
func (s *stage) settle() {
	timer := time.NewTimer(s.cfg.AckDeadline)
	defer timer.Stop()
	for {
		s.mu.Lock()
		more, owed := s.more, 0
		for _, t := range s.all {
			switch {
			case t.Op == string(broker.OpSendCommit) || t.Op == string(broker.OpSendRevoke):
				owed++
			case t.Who == "backend" && t.Op == string(backend.OpReadCommit), t.Who == "broker" && t.Op == string(broker.OpReadReleased):
				owed--
			}
		}
		s.mu.Unlock()
		if owed <= 0 {
			return
		}
		select {
		case <-more:
		case <-timer.C:
			return
		}
	}
}
