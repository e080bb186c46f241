package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"sync"

	"github.com/handoff-go/handoff/cmd/handoff/internal/plan"
	"github.com/handoff-go/handoff/registry"
)

// regularBackends is how many backends serve; the sacrificed ones come on top.
const regularBackends = 2

// broker accepts connections and hands them to its backends. Each attempt is
// ended in one place, settle, by the registry's word.
type broker struct {
	cfg  Config
	plan plan.Plan
	reg  *registry.Registry

	handlers sync.WaitGroup // accepted connections until they are begun or rejected
	attempts sync.WaitGroup // begun and not settled
	readers  sync.WaitGroup // of the links
	starting chan struct{}  // bounds how many backends start at once

	sending sync.Mutex
	out     *json.Encoder

	mu     sync.Mutex
	lastID uint64
	begun  map[registry.Token]*attempt
	peers  map[*peer]struct{}
	report Report
}

// serveAsBroker is the broker's process. It serves until in ends, finishes what
// is under way, and reports to out.
func serveAsBroker(cfg Config, in io.Reader, out io.Writer) error {
	if err := warmPoller(); err != nil {
		return err
	}
	before, err := descriptors()
	if err != nil {
		return err
	}
	b := &broker{
		cfg: cfg, plan: plan.New(cfg.Seed, cfg.Connections, cfg.Faults), out: json.NewEncoder(out), starting: make(chan struct{}, 4),
		begun: map[registry.Token]*attempt{}, peers: map[*peer]struct{}{}, report: Report{Committed: map[string]int{}},
	}
	// A client that was cut off reconnects before its old handoff has left.
	b.reg, err = registry.New(registry.Options{AckDeadline: ackDeadline, MaxPending: 2 * cfg.Parallel, OnExit: b.exit})
	if err != nil {
		return err
	}
	if err := b.serve(in); err != nil {
		return err
	}
	after, err := descriptors()
	if err != nil {
		return err
	}
	b.report.Stats = b.reg.Stats()
	b.report.Descriptors = len(before)
	b.report.Opened, b.report.Closed = missing(after, before), missing(before, after)
	return b.tell(message{Report: &b.report})
}

// warmPoller makes the Go runtime open the descriptors it keeps for good.
func warmPoller() error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	return listener.Close()
}

func (b *broker) serve(in io.Reader) error {
	ctx, stop := context.WithCancel(context.Background())
	var background sync.WaitGroup
	defer background.Wait()
	defer stop()
	listener, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return err
	}
	defer listener.Close()
	hello := ready{PID: os.Getpid(), Address: listener.Addr().String()}
	var regular []*peer
	for i := range regularBackends {
		p, err := b.start(fmt.Sprintf("backend-%d", i+1))
		if err != nil {
			return err
		}
		regular = append(regular, p)
		hello.Backends = append(hello.Backends, p.identity)
	}
	background.Go(func() { _ = b.reg.Run(ctx) }) // ends with ctx
	background.Go(func() { b.tellProgress(ctx) })
	accepting := make(chan struct{})
	go func() {
		defer close(accepting)
		b.accept(listener, regular)
	}()
	if err := b.tell(message{Ready: &hello}); err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, in); err != nil {
		return err
	}
	listener.Close()
	<-accepting
	b.finish()
	return nil
}

// finish waits for what is under way, then for the backends to end. Handlers,
// attempts and readers all have limits of their own.
func (b *broker) finish() {
	b.handlers.Wait()
	b.attempts.Wait()
	b.mu.Lock()
	for p := range b.peers {
		p.expectEnd()
	}
	b.mu.Unlock()
	b.readers.Wait()
	for range b.reg.Close() {
		b.problem("a handoff was left to Close")
	}
}

// problem notes what should not happen; a handful tells enough.
func (b *broker) problem(format string, args ...any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.report.Problems) < 10 {
		b.report.Problems = append(b.report.Problems, "broker: "+fmt.Sprintf(format, args...))
	}
}
