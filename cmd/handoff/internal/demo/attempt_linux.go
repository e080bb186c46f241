package demo

import (
	"fmt"
	"net"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/handoff-go/handoff/cmd/handoff/internal/link"
	"github.com/handoff-go/handoff/cmd/handoff/internal/plan"
	"github.com/handoff-go/handoff/fsm"
	"github.com/handoff-go/handoff/registry"
)

// attempt is one handoff, from Begin until it is settled.
type attempt struct {
	id      uint64 // correlation id
	token   registry.Token
	request request
	class   plan.Class
	peer    *peer

	// offering is held from before Begin until the offer is written. An outcome
	// that comes sooner waits, so that no verdict overtakes its offer.
	offering sync.Mutex
	conn     *net.TCPConn // the broker's copy, closed by settle
}

// hand begins a handoff of conn to p and sends the offer. If it returns an
// error, nothing was begun and conn is the caller's. Otherwise settle ends it.
func (b *broker) hand(conn *net.TCPConn, p *peer, req request, class plan.Class) error {
	a := &attempt{request: req, class: class, peer: p, conn: conn}
	a.offering.Lock()
	defer a.offering.Unlock()
	if err := b.begin(a); err != nil {
		return err
	}
	offer := link.Frame{Kind: link.Offer, ID: a.id, Token: a.token, Connection: req.connection, Attempt: req.attempt}
	if err := p.link.SendOffer(offer, conn); err != nil {
		// The backend may have it nevertheless. The link's reader abandons all that
		// was offered on it, this one included.
		b.lose(p, fmt.Errorf("offer: %w", err))
	}
	return nil
}

func (b *broker) begin(a *attempt) error {
	// Begin is under the lock so that exit, which takes it too, cannot look for
	// an attempt before it is filed. Begin itself calls no exit.
	b.mu.Lock()
	defer b.mu.Unlock()
	if a.peer.over {
		return fmt.Errorf("%s: its link has ended", a.peer.identity)
	}
	token, err := b.reg.Begin(a.peer.backend, time.Now())
	if err != nil {
		return err
	}
	b.lastID++
	a.id, a.token = b.lastID, token
	b.begun[token] = a
	a.peer.offered[a.id] = a
	b.attempts.Add(1)
	return nil
}

// exit is the registry's OnExit: it counts the outcome and carries it out.
func (b *broker) exit(e registry.Exit) {
	b.mu.Lock()
	a := b.begun[e.Token]
	delete(b.begun, e.Token)
	b.mu.Unlock()
	if a == nil {
		b.problem("%v left that was never begun", e.Backend)
		return
	}
	b.count(a, e.State)
	b.settle(a, e.State)
	b.attempts.Done()
}

func (b *broker) count(a *attempt, state fsm.State) {
	b.mu.Lock()
	defer b.mu.Unlock()
	sum := &b.report.Retries
	if a.request.attempt == 1 {
		sum = &b.report.First[a.class]
	}
	switch state {
	case fsm.Acknowledged:
		sum.Acknowledged++
		b.report.Committed[a.peer.identity]++
	case fsm.Expired:
		sum.Expired++
	case fsm.Abandoned:
		sum.Abandoned++
	}
}

// settle carries out an outcome: the connection is the backend's by its commit,
// or it is nobody's.
func (b *broker) settle(a *attempt, state fsm.State) {
	a.offering.Lock()
	defer a.offering.Unlock()
	if state == fsm.Acknowledged {
		if err := a.peer.link.Send(link.Frame{Kind: link.Answer, ID: a.id, Verdict: link.Commit}); err != nil {
			b.problem("commit: %v", err)
			b.lose(a.peer, err)
			end(a.conn) // without its commit the backend does not serve
			return
		}
		a.conn.Close()
		return
	}
	// End it first: from here on no copy is of any use.
	end(a.conn)
	if state == fsm.Expired {
		if err := a.peer.link.Send(link.Frame{Kind: link.Answer, ID: a.id, Verdict: link.Revoke}); err != nil {
			b.lose(a.peer, fmt.Errorf("revoke: %w", err))
		}
	}
}

// end ends a connection for everybody who has a copy, and closes this one.
func end(conn *net.TCPConn) {
	if raw, err := conn.SyscallConn(); err == nil {
		// It fails if the client has gone already, which is as well.
		_ = raw.Control(func(fd uintptr) { _ = unix.Shutdown(int(fd), unix.SHUT_RDWR) })
	}
	conn.Close()
}
