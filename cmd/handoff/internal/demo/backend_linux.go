package demo

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/handoff-go/handoff/backend"
	"github.com/handoff-go/handoff/broker"
	"github.com/handoff-go/handoff/cmd/handoff/internal/answer"
	"github.com/handoff-go/handoff/cmd/handoff/internal/child"
	"github.com/handoff-go/handoff/cmd/handoff/internal/plan"
)

// worker is a backend's process: a listener for each of its services, and a server.
type worker struct {
	identity  string
	listeners map[string]*backend.Listener
	expired   *expirations
	linked    chan struct{} // closed when the Linked message was written
	server    *http.Server
	serving   sync.WaitGroup
	direct    atomic.Int64
	failed    chan error // buffered: one for each serving goroutine
}

// serveAsBackend is the main function of a backend's process. It serves until in ends.
func serveAsBackend(cfg Config, name, dir string, in io.Reader, out io.Writer) error {
	if err := child.WarmPoller(); err != nil {
		return err
	}
	before, err := child.Descriptors()
	if err != nil {
		return err
	}
	w := &worker{
		identity: identity(name, os.Getpid()), listeners: map[string]*backend.Listener{},
		expired: newExpirations(), linked: make(chan struct{}), failed: make(chan error, 16),
	}
	w.server = &http.Server{Handler: w.routes(), ReadTimeout: attemptLimit, WriteTimeout: attemptLimit, ConnContext: withConn}
	w.server.SetKeepAlivesEnabled(false)
	for _, service := range servicesOf(name) {
		if err := w.link(cfg, service, dir); err != nil {
			return fmt.Errorf("link as %s: %w", service, err)
		}
	}
	if name == "backend-2" {
		ln, err := listen(directPlace.in(dir))
		if err != nil {
			return err
		}
		w.serve(ln)
	}
	messages := newMessageWriter(out)
	if err := messages.write(message{Linked: true}); err != nil {
		return err
	}
	close(w.linked)
	w.readExpired(in)
	return errors.Join(w.finish(), w.report(messages, before))
}

// link links as a backend of one service, which decides how offers are treated.
func (w *worker) link(cfg Config, service, dir string) error {
	slots := 2 * (4*cfg.Parallel + 64) // more than the broker offers at once
	o := backend.Options{Queue: slots, Handshake: startLimit, WriteTimeout: attemptLimit}
	switch service {
	case plan.Slow.String():
		// The link's reader waits until the broker has expired the offer that it is
		// about to acknowledge, so the ACK is late whatever the clocks read.
		o.Trace = func(e backend.Event) {
			if e.Op == backend.OpReserve {
				w.expired.await(e.Correlation)
			}
		}
	case plan.Kill.String():
		o.MaxInFlight = 1 // its death must affect one offer only
		o.Trace = func(e backend.Event) {
			if e.Op == backend.OpReadOffer {
				<-w.linked // else the parent would report a failed start
				_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
				select {} // the signal is on its way
			}
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), startLimit)
	defer cancel()
	ln, err := backend.Listen(ctx, controlPlace.in(dir), service, o)
	if err != nil {
		return err
	}
	w.listeners[service] = ln
	switch service {
	case plan.Never.String():
		// Nothing calls Accept, so nothing is acknowledged.
	case plan.Slow.String():
		// One Accept waits for each slow connection to come, so that the link's reader
		// always acknowledges by itself.
		accepts := 1 + cfg.plan().Counts()[plan.Slow]
		for range accepts {
			w.serving.Go(func() { w.refuseAll(ln) })
		}
		return allWait(ctx, ln, accepts)
	default:
		w.serve(ln)
	}
	return nil
}

func (w *worker) serve(ln net.Listener) {
	w.serving.Go(func() {
		if err := w.server.Serve(ln); !errors.Is(err, http.ErrServerClosed) && !errors.Is(err, net.ErrClosed) {
			w.failed <- err
		}
	})
}

// allWait blocks until that many Accepts wait or have an offer.
func allWait(ctx context.Context, ln *backend.Listener, accepts int) error {
	for s := ln.Stats(); s.Waiting+s.Undecided < accepts; s = ln.Stats() {
		select {
		case <-time.After(time.Millisecond):
		case <-ctx.Done():
			return fmt.Errorf("%d of %d Accepts wait: %w", s.Waiting, accepts, ctx.Err())
		}
	}
	return nil
}

// refuseAll closes and reports connections that a slow backend owns: there must be none.
func (w *worker) refuseAll(ln net.Listener) {
	for {
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		conn.Close()
		select {
		case w.failed <- errors.New("a slow backend owned a connection"):
		default:
		}
	}
}

// readExpired reads the reports of expired handoffs until in ends.
func (w *worker) readExpired(in io.Reader) {
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		if correlation, err := strconv.ParseUint(lines.Text(), 10, 64); err == nil {
			w.expired.add(correlation)
		}
	}
	w.expired.end()
}

// finish drains the links, then shuts the server down.
func (w *worker) finish() error {
	ctx, cancel := context.WithTimeout(context.Background(), finishLimit)
	defer cancel()
	var failed []error
	for service, ln := range w.listeners {
		if err := ln.Drain(ctx); err != nil {
			failed = append(failed, fmt.Errorf("drain %s: %w", service, err))
		}
	}
	failed = append(failed, w.server.Shutdown(ctx))
	w.serving.Wait()
	select {
	case err := <-w.failed:
		failed = append(failed, err)
	default:
	}
	return errors.Join(failed...)
}

// report writes what was received and served, and returns an error for descriptors left.
func (w *worker) report(messages *messageWriter, before map[string]string) error {
	a := account{Direct: int(w.direct.Load())}
	for _, ln := range w.listeners {
		d := ln.Stats().Descriptors
		sum := &a.Descriptors
		*sum = broker.Descriptors{
			Opened: sum.Opened + d.Opened, Closed: sum.Closed + d.Closed,
			Adopted: sum.Adopted + d.Adopted, Open: sum.Open + d.Open,
		}
	}
	left, _, err := child.Left(before)
	if len(left) > 0 {
		err = errors.Join(err, fmt.Errorf("descriptors are left: %q", left))
	}
	return errors.Join(err, messages.write(message{Account: &a}))
}

// routes answers the request that the connection was handed over for, and no other.
func (w *worker) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc(route, func(out http.ResponseWriter, r *http.Request) {
		connection, err := strconv.ParseUint(r.PathValue("connection"), 10, 32)
		conn, handed := r.Context().Value(connKey{}).(*backend.Conn)
		if err != nil || (handed && conn.Info().Metadata != nil && string(conn.Info().Metadata) != r.URL.Path) {
			http.Error(out, "this connection was handed over for another request", http.StatusMisdirectedRequest)
			return
		}
		if !handed {
			w.direct.Add(1)
			out.Header().Set(headerDirect, "true")
		}
		_ = answer.Write(out, uint32(connection), w.identity) // the client checks the answer
	})
	return mux
}

// headerDirect marks an answer over a connection that was not handed over.
const headerDirect = "Handoff-Direct"

type connKey struct{}

func withConn(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, c)
}
