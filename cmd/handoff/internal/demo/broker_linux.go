package demo

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"

	"github.com/handoff-go/handoff/broker"
	"github.com/handoff-go/handoff/cmd/handoff/internal/child"
	"github.com/handoff-go/handoff/cmd/handoff/internal/plan"
	"github.com/handoff-go/handoff/fallback"
	"github.com/handoff-go/handoff/registry"
)

// serveAsBroker is the main function of the broker's process. It serves until in ends,
// finishes what is under way, and reports to out. Each line on in asks for one backend
// that will be killed.
func serveAsBroker(cfg Config, dir string, in io.Reader, out io.Writer) error {
	if err := child.WarmPoller(); err != nil {
		return err
	}
	before, err := child.Descriptors()
	if err != nil {
		return err
	}
	messages := newMessageWriter(out)
	backends := newBackendSet(cfg, dir)
	stats := newBrokerStats(backends.expired)
	stats.traced = cfg.Trace != ""
	backends.stats = stats
	b, err := broker.New(options(cfg, dir, stats))
	if err != nil {
		return err
	}
	if err := serve(b, cfg, dir, backends, messages, in); err != nil {
		return err
	}
	if err := stats.writeTrace(cfg); err != nil {
		return err
	}
	r := &stats.report // all writers have stopped
	r.Before = len(before)
	if r.Opened, r.Closed, err = child.Left(before); err != nil {
		return err
	}
	return messages.write(message{Report: r})
}

// options returns broker options under which the plan alone decides the outcome: the
// rate limit never refuses a backend, and no cap is ever reached.
func options(cfg Config, dir string, stats *brokerStats) broker.Options {
	room := cfg.room()
	service := broker.Service{Reconnect: directPlace.in(dir)}
	services := map[string]broker.Service{retryService: service}
	for class := range plan.Classes {
		services[plan.Class(class).String()] = service
	}
	return broker.Options{
		AckDeadline: ackDeadline, SettleTimeout: settleLimit, Attempts: offersEach, PingInterval: pingInterval,
		MaxInFlight: room, MaxPerLink: room, MaxLinks: room * offersEach, FirstBytes: requestLimit,
		Handshake: startLimit, Limit: fallback.Policy{MaxFailures: 1 << 30},
		Services:  services,
		OnOutcome: stats.outcome, Trace: stats.step, TraceRegistry: stats.registryStep,
	}
}

// room returns how many handoffs may be under way at once. A client whose connection was
// closed reconnects before the broker has finished with the old one.
func (c Config) room() int { return 4*c.Parallel + 64 }

// router routes a plain client to the service that its request line names.
func router(p plan.Plan, dir string) broker.Route {
	return func(c broker.Client) (broker.Request, error) {
		line, _, whole := strings.Cut(string(c.Sent[:min(len(c.Sent), maxRequestLine)]), "\n")
		if !whole {
			if len(c.Sent) < maxRequestLine && !c.Ended {
				return broker.Request{}, broker.ErrMore
			}
			return broker.Request{}, fmt.Errorf("no request line in the first %d bytes", len(c.Sent))
		}
		r, err := parseRequestLine(line + "\n")
		if err != nil {
			return broker.Request{}, err
		}
		request := broker.Request{Service: r.service(p), Metadata: []byte(r.path())}
		if r.proxied(p) {
			request.Proxy = directPlace.in(dir)
		}
		return request, nil
	}
}

// serve serves until in ends, then stops the backends and after them the broker.
func serve(b *broker.Broker, cfg Config, dir string, backends *backendSet, messages *messageWriter, in io.Reader) error {
	control, err := listen(controlPlace.in(dir))
	if err != nil {
		return err
	}
	explicit, err := listen(explicitPlace.in(dir))
	if err != nil {
		return errors.Join(err, control.Close())
	}
	plain, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return errors.Join(err, control.Close(), explicit.Close())
	}
	var serving sync.WaitGroup
	run := func(f func(net.Listener) error, ln net.Listener) {
		serving.Go(func() {
			if err := f(ln); !errors.Is(err, broker.ErrClosed) {
				backends.stats.problem("serving %v: %v", ln.Addr(), err)
			}
		})
	}
	run(b.ServeBackends, control)
	identities, err := backends.startRegular()
	if err == nil {
		run(func(ln net.Listener) error { return b.Serve(ln, nil) }, explicit)
		run(func(ln net.Listener) error { return b.Serve(ln, router(cfg.plan(), dir)) }, plain)
		ctx, stop := context.WithCancel(context.Background())
		serving.Go(func() { messages.writeProgress(ctx, func() registry.Stats { return b.Stats().Registry }) })
		err = messages.write(message{Ready: &ready{PID: os.Getpid(), Address: plain.Addr().String(), Backends: identities}})
		if err == nil {
			err = startVictims(backends, messages, in)
		}
		stop()
	}
	backends.finish()
	ctx, cancel := context.WithTimeout(context.Background(), finishLimit)
	defer cancel()
	stats, noShutdown := b.Shutdown(ctx)
	serving.Wait()
	report := &backends.stats.report
	report.Stats, report.Descriptors = stats.Registry, stats.Descriptors
	return errors.Join(err, noShutdown)
}

func listen(path string) (net.Listener, error) {
	ln, err := net.Listen("unix", path)
	if err != nil {
		return nil, err
	}
	return ln, os.Chmod(path, 0o600)
}

// startVictims starts one backend that will be killed for each line read from in, and
// reports each as soon as it is linked: then the client that asked for it may connect.
func startVictims(backends *backendSet, messages *messageWriter, in io.Reader) error {
	var starting sync.WaitGroup
	defer starting.Wait()
	lines := bufio.NewScanner(in)
	for number := 0; lines.Scan(); number++ {
		starting.Go(func() {
			if err := backends.start(fmt.Sprintf("%s%d", victimPrefix, number)); err != nil {
				backends.stats.problem("%v", err)
			}
			_ = messages.write(message{VictimLinked: true}) // fails only when the parent is ending
		})
	}
	return lines.Err()
}
