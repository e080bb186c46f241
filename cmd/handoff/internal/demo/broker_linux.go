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

// serveAsBroker is the broker's process. It serves until in ends, finishes what is
// under way, and reports to out. Each line on in asks for one backend that dies.
func serveAsBroker(cfg Config, dir string, in io.Reader, out io.Writer) error {
	if err := child.WarmPoller(); err != nil {
		return err
	}
	before, err := child.Descriptors()
	if err != nil {
		return err
	}
	tell := newTeller(out)
	family := newFamily(cfg, dir)
	books := newBooks(family.expired)
	books.traced = cfg.Trace != ""
	family.books = books
	b, err := broker.New(options(cfg, dir, books))
	if err != nil {
		return err
	}
	if err := serve(b, cfg, dir, family, tell, in); err != nil {
		return err
	}
	if err := books.writeTrace(cfg); err != nil {
		return err
	}
	r := &books.report // nothing counts any more
	r.Before = len(before)
	if r.Opened, r.Closed, err = child.Left(before); err != nil {
		return err
	}
	return tell.tell(message{Report: r})
}

// options are such that the plan alone decides: no backend is spared for its failures,
// and nothing is refused for want of room.
func options(cfg Config, dir string, books *books) broker.Options {
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
		OnOutcome: books.outcome, Trace: books.step, TraceRegistry: books.registryStep,
	}
}

// room is for how many handoffs at once. A client that was cut off reconnects before its
// old connection is done with.
func (c Config) room() int { return 4*c.Parallel + 64 }

// router sends a plain client to the service of its request.
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

// serve serves until in ends, and then ends all in order: first the backends, which
// take nothing more, then the broker.
func serve(b *broker.Broker, cfg Config, dir string, family *family, tell *teller, in io.Reader) error {
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
				family.books.problem("serving %v: %v", ln.Addr(), err)
			}
		})
	}
	run(b.ServeBackends, control)
	identities, err := family.startRegular()
	if err == nil {
		run(func(ln net.Listener) error { return b.Serve(ln, nil) }, explicit)
		run(func(ln net.Listener) error { return b.Serve(ln, router(cfg.plan(), dir)) }, plain)
		ctx, stop := context.WithCancel(context.Background())
		serving.Go(func() { tell.tellProgress(ctx, func() registry.Stats { return b.Stats().Registry }) })
		err = tell.tell(message{Ready: &ready{PID: os.Getpid(), Address: plain.Addr().String(), Backends: identities}})
		if err == nil {
			err = sacrifice(family, tell, in)
		}
		stop()
	}
	family.finish()
	ctx, cancel := context.WithTimeout(context.Background(), finishLimit)
	defer cancel()
	stats, noShutdown := b.Shutdown(ctx)
	serving.Wait()
	books := family.books
	books.report.Stats, books.report.Descriptors = stats.Registry, stats.Descriptors
	return errors.Join(err, noShutdown)
}

func listen(path string) (net.Listener, error) {
	ln, err := net.Listen("unix", path)
	if err != nil {
		return nil, err
	}
	return ln, os.Chmod(path, 0o600)
}

// sacrifice starts a backend that dies for each line that is read, and tells when it is
// linked: whoever asked may connect then.
func sacrifice(family *family, tell *teller, in io.Reader) error {
	var starting sync.WaitGroup
	defer starting.Wait()
	lines := bufio.NewScanner(in)
	for number := 0; lines.Scan(); number++ {
		starting.Go(func() {
			if err := family.start(fmt.Sprintf("%s%d", sacrificePrefix, number)); err != nil {
				family.books.problem("%v", err)
			}
			_ = tell.tell(message{Sacrificed: true}) // nobody listens: the end is near
		})
	}
	return lines.Err()
}
