package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"path/filepath"
	"sync"
	"time"

	"github.com/handoff-go/handoff/broker"
	"github.com/handoff-go/handoff/broker/route"
	"github.com/handoff-go/handoff/cmd/handoff/internal/child"
	"github.com/handoff-go/handoff/fallback"
)

// service is what the backends serve.
const service = "echo"

// soakBackends is how many backends a soak has.
const soakBackends = 2

// The deadlines of a soak with faults: short, so that a fault costs little time.
const (
	soakDeadline = 100 * time.Millisecond
	soakSettle   = 50 * time.Millisecond
)

// serveAsBroker is the broker's process. It answers until in ends.
func serveAsBroker(r role, in io.Reader, out io.Writer) error {
	if err := child.WarmPoller(); err != nil {
		return err
	}
	before, err := child.Descriptors()
	if err != nil {
		return err
	}
	o := broker.Options{Reconnect: filepath.Join(r.dir, "direct")}
	if r.soak {
		// No backend is spared for its failures: it is to have more of them.
		o.Limit = fallback.Policy{MaxFailures: 1 << 30}
	}
	if r.faults {
		o.AckDeadline, o.SettleTimeout = soakDeadline, soakSettle
		// Now and then ACKs arrive between the reading of the clock and that of the queue:
		// such connections are fenced.
		o.Trace = func(e broker.Event) {
			if e.Op == broker.OpReadClock && rand.N(2) == 0 {
				time.Sleep(soakDeadline / 4)
			}
		}
	}
	b, err := broker.New(o)
	if err != nil {
		return err
	}
	control, err := net.Listen("unix", controlOf(r.dir))
	if err != nil {
		return err
	}
	var serving sync.WaitGroup
	failed := make(chan error, 8) // room for each listener
	run := func(f func(net.Listener) error, ln net.Listener) {
		serving.Go(func() {
			if err := f(ln); !errors.Is(err, broker.ErrClosed) {
				failed <- err
			}
		})
	}
	run(b.ServeBackends, control)
	at := addresses{Explicit: map[string]string{}, Plain: map[string]string{}}
	for mode, route := range map[string]broker.Route{"explicit": nil, "plain": route.Fixed(service)} {
		for _, network := range networks() {
			ln, err := listen(r.dir, network, mode)
			if err != nil {
				return err
			}
			run(func(ln net.Listener) error { return b.Serve(ln, route) }, ln)
			if route == nil {
				at.Explicit[network] = ln.Addr().String()
			} else {
				at.Plain[network] = ln.Addr().String()
			}
		}
	}
	sample := func(opened int) (*Sample, error) { return sampleBroker(b, r, opened) }
	return attend(at, in, out, sample, func() (*Sample, error) {
		return endBroker(b, &serving, failed, before)
	})
}

// sampleBroker waits until the broker is at rest, after so many clients.
func sampleBroker(b *broker.Broker, r role, opened int) (*Sample, error) {
	links := 1
	if r.soak {
		links = soakBackends
	}
	var s broker.Stats
	err := await(restLimit, func() string { return fmt.Sprintf("%+v after %d clients", s, opened) }, func() bool {
		s = b.Stats()
		decided := s.Adopted + s.Fenced + s.Fallback + s.Proxied + s.Closed
		return s.InFlight == 0 && s.Waiting == 0 && decided == uint64(opened) && s.Descriptors.Open == 0 && s.Links == links
	})
	if err != nil {
		return nil, err
	}
	sample, err := take()
	if err == nil {
		sample.Broker = &s
	}
	return sample, err
}

// endBroker shuts the broker down.
func endBroker(b *broker.Broker, serving *sync.WaitGroup, failed chan error, before map[string]string) (*Sample, error) {
	ctx, cancel := context.WithTimeout(context.Background(), finishLimit)
	defer cancel()
	stats, err := b.Shutdown(ctx)
	if err != nil {
		return nil, err
	}
	serving.Wait()
	select {
	case err := <-failed:
		return nil, err
	default:
	}
	left, _, err := child.Left(before)
	if err != nil {
		return nil, err
	}
	sample, err := take()
	if err == nil {
		sample.Broker, sample.Left = &stats, left
	}
	return sample, err
}

func controlOf(dir string) string { return filepath.Join(dir, "control") }

// listen listens on a network; on Unix sockets, by a path of that name.
func listen(dir, network, name string) (net.Listener, error) {
	if network == "tcp" {
		return net.Listen("tcp", "127.0.0.1:0")
	}
	return net.Listen("unix", filepath.Join(dir, name))
}
