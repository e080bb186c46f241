package compat

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/handoff-go/handoff/broker"
	"github.com/handoff-go/handoff/fallback"
	"github.com/handoff-go/handoff/internal/fdpass"
	"github.com/handoff-go/handoff/registry"
	"github.com/handoff-go/handoff/wire"
)

// ErrClosed answers Handoff after Shutdown began, or after the registry was closed.
var ErrClosed = errors.New("compat: sender is shut down")

// fromCaller is the origin of the connections that a Sender hands over.
const fromCaller fdpass.Origin = "taken by Handoff"

// Sender hands connections over to backends that know only the older form. Make one with NewSender;
// a Sender must not be copied. Its methods are safe for concurrent use.
type Sender struct {
	registry    *registry.Registry
	log         *slog.Logger
	ledger      fdpass.Ledger
	correlation atomic.Uint64
	inFlight    atomic.Int64
	outcomes    [broker.Closed + 1]atomic.Uint64

	force     context.Context // ends when Shutdown waits no longer
	forceStop context.CancelFunc

	mu           sync.Mutex
	shuttingDown bool           // nothing is added to running any more
	running      sync.WaitGroup // handoffs
}

// NewSender returns a Sender whose handoffs are registered in r: its AckDeadline is how long
// a backend has, in all, to send its ACK, and its MaxPending is how many handoffs may be in flight.
// r needs no Run and may be shared. log may be nil.
func NewSender(r *registry.Registry, log *slog.Logger) *Sender {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	s := &Sender{registry: r, log: log}
	s.force, s.forceStop = context.WithCancel(context.Background())
	return s
}

// Request is what a Sender is asked to do with a connection. The form has no place for more: no
// preface, no metadata, no address of the client.
type Request struct {
	Service string // the service of the backend at the other end of the link
	// Ready is the token by which the client knows its connection. The Sender tells it ready, with
	// this token, once the backend has acknowledged. A backend that writes at once may be faster,
	// which a client of running-process 4.5.5 does not expect. Zero: the client is told nothing.
	Ready registry.Token
}

// Handoff hands one connection over. conn must be a *net.TCPConn or *net.UnixConn itself and is the
// Sender's during the call: nobody may use it, or a copy of it. link is a connection to one backend,
// and is closed by the call.
//
// It blocks until the outcome is known: for the registry's AckDeadline at most, or until ctx ends.
// When ctx ends while the backend may have the connection, the connection is fenced, and the error is
// ctx's. Outcome.Kind is broker.Adopted, broker.Fenced or broker.Fallback.
//
// The error is nil whenever the connection was taken, whatever Outcome.Kind says, unless ctx ended.
// Otherwise the connection is in Outcome.Conn untouched, and the error is ErrClosed,
// a *broker.UnsupportedError, wire.ErrService, ctx's, or the system's for link.
func (s *Sender) Handoff(ctx context.Context, conn net.Conn, link *net.UnixConn, r Request) (broker.Outcome, error) {
	untouched := broker.Outcome{Kind: broker.Fallback, Service: r.Service, Conn: conn, Settled: true}
	defer link.Close()
	if err := ctx.Err(); err != nil {
		return untouched, err
	}
	if err := wire.CheckService(r.Service); err != nil {
		return untouched, err
	}
	if !s.enter() {
		return untouched, ErrClosed
	}
	defer s.running.Done()
	a, err := s.newAttempt(conn, link, r)
	if err != nil {
		return untouched, err
	}
	now := time.Now()
	a.deadline = now.Add(s.registry.AckDeadline())
	a.offer.Token, err = s.registry.Begin(a.to, now)
	if errors.Is(err, registry.ErrClosed) {
		return untouched, ErrClosed
	}
	s.ledger.Opened(fromCaller)
	s.inFlight.Add(1)
	if err != nil { // too many in flight, or no random token
		o := a.giveBack(fallback.Decision{Reason: fallback.FDPressureDisabled}, true)
		s.count(o)
		return o, nil
	}
	ctx, stop := s.within(ctx)
	defer stop()
	o := a.run(ctx)
	s.count(o)
	if o.Kind == broker.Fenced && ctx.Err() != nil {
		return o, fmt.Errorf("compat: connection fenced: %w", context.Cause(ctx))
	}
	return o, nil
}

func (s *Sender) count(o broker.Outcome) {
	s.outcomes[o.Kind].Add(1)
	s.inFlight.Add(-1)
}

// newAttempt checks that conn and link can be used.
func (s *Sender) newAttempt(conn net.Conn, link *net.UnixConn, r Request) (*attempt, error) {
	a := &attempt{s: s, conn: conn, request: r, to: registry.Backend{Service: r.Service}, began: time.Now()}
	switch conn.(type) {
	case *net.TCPConn, *net.UnixConn:
	default:
		return nil, &broker.UnsupportedError{What: fmt.Sprintf("handing over a %T", conn)}
	}
	var err error
	if a.raw, err = conn.(syscall.Conn).SyscallConn(); err != nil {
		return nil, err
	}
	if a.link, err = newLink(link, &s.ledger); err != nil {
		return nil, err
	}
	if who, err := a.link.PeerCredentials(); err == nil {
		a.to.PID = who.PID
	}
	a.offer = wire.Offer{Service: r.Service, CorrelationID: s.correlation.Add(1)}
	return a, nil
}

func newLink(conn *net.UnixConn, ledger *fdpass.Ledger) (*fdpass.Link, error) {
	link, err := fdpass.NewLink(conn, ledger)
	if errors.Is(err, fdpass.ErrUnsupported) {
		err = &broker.UnsupportedError{What: "passing descriptors on this system"}
	}
	return link, err
}

// enter counts one more handoff that Shutdown waits for. It returns false once that began.
func (s *Sender) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.shuttingDown {
		return false
	}
	s.running.Add(1)
	return true
}

// within returns ctx, which also ends when Shutdown waits no longer.
func (s *Sender) within(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(s.force, func() { cancel(ErrClosed) })
	return ctx, func() { stop(); cancel(nil) }
}

// Shutdown refuses further handoffs and waits for those in flight. When ctx ends it waits no longer:
// what is undecided is fenced, and the error is ctx's. It returns the final counts, and leaves the
// registry open.
func (s *Sender) Shutdown(ctx context.Context) (Stats, error) {
	s.mu.Lock()
	s.shuttingDown = true
	s.mu.Unlock()
	decided := make(chan struct{})
	go func() {
		s.running.Wait()
		close(decided)
	}()
	var err error
	select {
	case <-decided:
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	s.forceStop()
	<-decided
	return s.Stats(), err
}

// Stats are the counts of a Sender. They are taken one after the other, so sums over several fields
// are exact at rest only; within Descriptors they always are.
type Stats struct {
	Adopted     uint64 // connections whose Kind that was
	Fenced      uint64 // the same
	Fallback    uint64 // the same
	InFlight    int    // handoffs that are not decided
	Descriptors broker.Descriptors
}

// Stats returns the counts of now. Those of tokens and deadlines are the registry's.
func (s *Sender) Stats() Stats {
	return Stats{
		Adopted:     s.outcomes[broker.Adopted].Load(),
		Fenced:      s.outcomes[broker.Fenced].Load(),
		Fallback:    s.outcomes[broker.Fallback].Load(),
		InFlight:    int(s.inFlight.Load()),
		Descriptors: broker.Descriptors(s.ledger.Stats()),
	}
}
