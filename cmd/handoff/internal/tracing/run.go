package tracing

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	"github.com/handoff-go/handoff/broker"
	"github.com/handoff-go/handoff/broker/route"
	"github.com/handoff-go/handoff/fallback"
	"github.com/handoff-go/handoff/registry"
	"github.com/handoff-go/handoff/spec/trace/events"
)

const service = "traced"

// Run records what the registry of a broker does while connections are handed
// over, some of which meet a fault: a backend that acknowledges too late or not
// at all, one that is full, one that goes away, and a broker that is held up
// until ACKs which were sent in time are late. Then it records what all parties
// do with one connection in each of several scenarios. It blocks until everything
// has ended. The error says what could not be set up, or did not end.
func Run(ctx context.Context, cfg Config) (events.Recording, error) {
	ctx, cancel := context.WithTimeout(ctx, 4*limit)
	defer cancel()
	trace, err := recordRegistry(ctx, cfg)
	if err != nil {
		return events.Recording{}, err
	}
	all, err := transfers(ctx, cfg)
	return events.Recording{Traces: []events.Trace{trace}, Transfers: all}, err
}

// recordRegistry records the steps of a broker's registry while many connections are handed over.
func recordRegistry(ctx context.Context, cfg Config) (events.Trace, error) {
	w := &world{cfg: cfg, faults: newFaults(cfg.Seed), recorder: newRecorder()}
	if err := w.open(); err != nil {
		return events.Trace{}, errors.Join(err, w.close())
	}
	err := w.run(ctx)
	if err := errors.Join(err, w.close()); err != nil {
		return events.Trace{}, err
	}
	o := registry.Options{AckDeadline: cfg.AckDeadline, TokenTTL: registry.DefaultTokenTTL, MaxPending: broker.DefaultMaxInFlight}
	o.TokenTTL = max(o.TokenTTL, o.AckDeadline)
	return events.Record("broker", o, w.recorder.registry)
}

// world is a broker on real sockets, with what uses it.
type world struct {
	cfg      Config
	faults   *faults
	recorder *recorder

	dir     string
	broker  *broker.Broker
	control net.Listener // for backends
	clients net.Listener
	serving sync.WaitGroup
}

func (w *world) open() (err error) {
	if w.dir, err = os.MkdirTemp("", "handoff-trace-"); err != nil {
		return err
	}
	if w.control, err = net.Listen("unix", filepath.Join(w.dir, "control")); err != nil {
		return err
	}
	if w.clients, err = net.Listen("unix", filepath.Join(w.dir, "clients")); err != nil {
		return err
	}
	w.broker, err = broker.New(broker.Options{
		AckDeadline:   w.cfg.AckDeadline,
		SettleTimeout: w.cfg.AckDeadline / 2,
		Limit:         fallback.Policy{MaxFailures: w.cfg.Connections + 1}, // the faults are not to stop
		Trace:         w.stepOfBroker,
		TraceRegistry: w.recorder.addRegistry,
	})
	if err != nil {
		return err
	}
	w.serving.Go(func() { _ = w.broker.ServeBackends(w.control) }) // until close
	w.serving.Go(func() { _ = w.broker.Serve(w.clients, route.Fixed(service)) })
	return nil
}

// close ends all that open began.
func (w *world) close() error {
	var err error
	if w.broker != nil {
		ctx, cancel := context.WithTimeout(context.Background(), limit)
		defer cancel()
		_, err = w.broker.Shutdown(ctx)
	}
	for _, ln := range []net.Listener{w.control, w.clients} {
		if ln != nil {
			ln.Close()
		}
	}
	w.serving.Wait()
	if w.dir != "" {
		err = errors.Join(err, os.RemoveAll(w.dir))
	}
	return err
}

// run lets backends and clients do their work.
func (w *world) run(ctx context.Context) error {
	slow, err := w.listen(ctx, w.stepOfSlow, 4)
	if err != nil {
		return err
	}
	defer slow.close()
	small, err := w.listen(ctx, nil, 1)
	if err != nil {
		return err
	}
	defer func() { small.close() }()

	var failed atomic.Pointer[error]
	for half := range 2 {
		var clients sync.WaitGroup
		tickets := make(chan struct{}, w.cfg.Connections)
		for range (w.cfg.Connections + half) / 2 {
			tickets <- struct{}{}
		}
		close(tickets)
		for range w.cfg.InFlight {
			clients.Go(func() {
				for range tickets {
					if err := w.client(ctx); err != nil {
						failed.Store(&err)
					}
				}
			})
		}
		if half == 0 { // with clients under way
			small.close()
			if small, err = w.listen(ctx, nil, 1); err != nil {
				failed.Store(&err)
			}
		}
		clients.Wait()
		if err := failed.Load(); err != nil {
			return *err
		}
	}
	return w.recorder.check()
}

// client asks once: an answer, and a connection that is ended without one, are
// both the end of it.
func (w *world) client(ctx context.Context) error {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "unix", w.clients.Addr().String())
	if err != nil {
		return fmt.Errorf("a client: %w", err)
	}
	defer conn.Close()
	if w.faults.clients.one(12) {
		return nil
	}
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	var answer [len(greeting)]byte
	for n := 0; n < len(answer); {
		m, err := conn.Read(answer[n:])
		if n += m; err != nil {
			return context.Cause(ctx)
		}
	}
	return nil
}
