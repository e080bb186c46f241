package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/handoff-go/handoff/cmd/handoff/internal/answer"
	"github.com/handoff-go/handoff/cmd/handoff/internal/link"
	"github.com/handoff-go/handoff/cmd/handoff/internal/plan"
)

// linkDescriptor is the first of os/exec's ExtraFiles.
const linkDescriptor = 3

// backend acknowledges offers as the plan says and serves what is committed.
type backend struct {
	identity string
	plan     plan.Plan
	link     *link.Conn
	adopted  *adoptions

	acks sync.WaitGroup // ACKs still to be sent

	mu   sync.Mutex
	held map[uint64]*held // by correlation id
}

// held is an offer without a verdict.
type held struct {
	offer        link.Frame
	descriptor   link.Descriptor
	acknowledged bool
}

// serveAsBackend is a backend's process. It serves until the broker ends the
// link.
func serveAsBackend(cfg Config, name string) error {
	conn, err := link.FromFile(os.NewFile(linkDescriptor, "link"))
	if err != nil {
		return err
	}
	defer conn.Close()
	before, err := descriptors()
	if err != nil {
		return err
	}
	b := &backend{
		identity: identity(name, os.Getpid()), plan: plan.New(cfg.Seed, cfg.Connections, cfg.Faults),
		link: conn, adopted: newAdoptions(), held: map[uint64]*held{},
	}
	if err := conn.Send(link.Frame{Kind: link.Hello, Name: b.identity}); err != nil {
		return err
	}
	server := &http.Server{Handler: b.routes(), ReadTimeout: attemptLimit, WriteTimeout: attemptLimit, ConnContext: withOffer}
	server.SetKeepAlivesEnabled(false)
	served := make(chan error, 1)
	go func() { served <- server.Serve(b.adopted) }()

	ended := b.receive()
	b.release()
	b.acks.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), finishLimit)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		return err
	}
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	after, err := descriptors()
	if err != nil {
		return err
	}
	if left := missing(after, before); len(left) > 0 {
		return fmt.Errorf("descriptors are left: %q", left)
	}
	return ended
}

// receive returns nil when the broker has ended the link in order.
func (b *backend) receive() error {
	for {
		f, d, err := b.link.Receive()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case f.Kind == link.Offer:
			b.take(&held{offer: f, descriptor: d})
		case f.Kind == link.Answer:
			if err := b.obey(f); err != nil {
				return err
			}
		default:
			return fmt.Errorf("a broker sends no frames of kind %d", f.Kind)
		}
	}
}

// take holds an offer and sees to its ACK. It never waits, so that no faulty
// connection keeps others from being read.
func (b *backend) take(h *held) {
	b.mu.Lock()
	b.held[h.offer.ID] = h
	b.mu.Unlock()
	switch b.plan.Class(h.offer.Connection, h.offer.Attempt) {
	case plan.Kill:
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {} // the signal is on its way
	case plan.Never:
	case plan.Slow:
		b.acks.Add(1)
		time.AfterFunc(slowAck, func() { b.acknowledge(h) })
	default:
		b.acks.Add(1)
		go b.acknowledge(h)
	}
}

// acknowledge sends the ACK of an offer, also when the verdict has overtaken it:
// the registry, and not this backend's good behaviour, is what refuses it then.
func (b *backend) acknowledge(h *held) {
	defer b.acks.Done()
	b.mu.Lock()
	h.acknowledged = true
	b.mu.Unlock()
	// If the link is gone, so is the handoff.
	_ = b.link.Send(link.Frame{Kind: link.Ack, ID: h.offer.ID, Token: h.offer.Token})
}

// obey carries out a verdict.
func (b *backend) obey(f link.Frame) error {
	b.mu.Lock()
	h := b.held[f.ID]
	delete(b.held, f.ID)
	committed := h != nil && h.acknowledged && f.Verdict == link.Commit
	b.mu.Unlock()
	switch {
	case h == nil:
		return fmt.Errorf("a verdict on %d, which is not held", f.ID)
	case committed:
		conn, err := h.descriptor.Conn()
		if err != nil {
			return err
		}
		b.adopted.add(&adopted{TCPConn: conn, offer: h.offer})
		return nil
	case f.Verdict == link.Commit:
		return errors.Join(fmt.Errorf("a commit of %d, which was not acknowledged", f.ID), h.descriptor.Close())
	default:
		return h.descriptor.Close()
	}
}

// release closes this process's copies of what it holds and does not own.
func (b *backend) release() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, h := range b.held {
		h.descriptor.Close()
	}
	clear(b.held)
}

// routes answers a request if it is the one that the offer was about.
func (b *backend) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc(route, func(w http.ResponseWriter, r *http.Request) {
		offer, ok := r.Context().Value(offerKey{}).(link.Frame)
		if !ok || r.URL.Path != (request{offer.Connection, offer.Attempt}).path() {
			http.Error(w, "this connection was handed over for another request", http.StatusMisdirectedRequest)
			return
		}
		_ = answer.Write(w, offer.Connection, b.identity) // the client notices
	})
	return mux
}

type offerKey struct{}

func withOffer(ctx context.Context, c net.Conn) context.Context {
	if a, ok := c.(*adopted); ok {
		return context.WithValue(ctx, offerKey{}, a.offer)
	}
	return ctx
}
