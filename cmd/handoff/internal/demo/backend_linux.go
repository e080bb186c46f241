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
	expired   *verdicts
	linked    chan struct{} // closed when the broker's process is told so
	server    *http.Server
	serving   sync.WaitGroup
	direct    atomic.Int64
	failed    chan error // has room for each that serves
}

// serveAsBackend is a backend's process. It serves until in ends.
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
		expired: newVerdicts(), linked: make(chan struct{}), failed: make(chan error, 16),
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
	tell := newTeller(out)
	if err := tell.tell(message{Linked: true}); err != nil {
		return err
	}
	close(w.linked)
	w.hear(in)
	return errors.Join(w.finish(), w.report(tell, before))
}

// link links as a backend of one service, and treats what is offered as it says.
func (w *worker) link(cfg Config, service, dir string) error {
	slots := 2 * (4*cfg.Parallel + 64) // more than the broker offers at once
	o := backend.Options{Queue: slots, Handshake: startLimit, WriteTimeout: attemptLimit}
	switch service {
	case plan.Slow.String():
		// The reader of the link waits until the broker has expired what it is about
		// to acknowledge. The ACK is late, whatever the clocks say.
		o.Trace = func(e backend.Event) {
			if e.Op == backend.OpReserve {
				w.expired.await(e.Correlation)
			}
		}
	case plan.Kill.String():
		o.MaxInFlight = 1 // whoever is offered more takes others along
		o.Trace = func(e backend.Event) {
			if e.Op == backend.OpReadOffer {
				<-w.linked // the broker's process must not take it for one that does not start
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
		// Nobody accepts, so nothing is acknowledged.
	case plan.Slow.String():
		// An Accept waits for every slow connection that there will be, so that it is
		// always the link's reader that acknowledges.
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

// allWait blocks until so many Accepts wait, or have an offer.
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

// refuseAll ends what a slow backend comes to own: nothing.
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

// hear takes in what has expired, until in ends.
func (w *worker) hear(in io.Reader) {
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		if correlation, err := strconv.ParseUint(lines.Text(), 10, 64); err == nil {
			w.expired.note(correlation)
		}
	}
	w.expired.end()
}

// finish ends the links in order, and then the server.
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

// report tells what was received and served, and complains of what is left.
func (w *worker) report(tell *teller, before map[string]string) error {
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
	return errors.Join(err, tell.tell(message{Account: &a}))
}

// routes answers a request, if it is the one that the connection was handed over for.
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
		_ = answer.Write(out, uint32(connection), w.identity) // the client notices
	})
	return mux
}

// headerDirect marks an answer over a connection that was not handed over.
const headerDirect = "Handoff-Direct"

type connKey struct{}

func withConn(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, c)
}
