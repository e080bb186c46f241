package demo

import (
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/handoff-go/handoff/cmd/handoff/internal/plan"
)

func (b *broker) accept(listener *net.TCPListener, regular []*peer) {
	for {
		conn, err := listener.AcceptTCP()
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil:
			b.problem("accept: %v", err)
			time.Sleep(10 * time.Millisecond) // out of descriptors, perhaps
			continue
		}
		b.mu.Lock()
		b.report.Accepted++
		b.mu.Unlock()
		b.handlers.Go(func() { b.handle(conn, regular) })
	}
}

// handle offers one connection to a backend. It owns conn until the attempt is
// begun.
func (b *broker) handle(conn *net.TCPConn, regular []*peer) {
	req, err := peek(conn)
	if err != nil {
		b.reject(conn, err)
		return
	}
	class := b.plan.Class(req.connection, req.attempt)
	// A retry goes to the other backend.
	p := regular[(uint64(req.connection)+uint64(req.attempt))%uint64(len(regular))]
	if class == plan.Kill {
		// A backend that dies takes all it holds along, so this one is started for
		// this connection alone.
		if p, err = b.start(fmt.Sprintf("sacrifice-%d", req.connection)); err != nil {
			b.reject(conn, err)
			return
		}
	}
	if err := b.hand(conn, p, req, class); err != nil {
		b.reject(conn, err)
	}
}

// reject ends a connection that no handoff was begun for.
func (b *broker) reject(conn *net.TCPConn, why error) {
	end(conn)
	b.mu.Lock()
	b.report.Rejected++
	rejected := b.report.Rejected
	b.mu.Unlock()
	if rejected <= 3 { // many have one reason, which must not crowd out the others
		b.problem("rejected: %v", why)
	}
}
