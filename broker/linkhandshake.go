package broker

import (
	"context"
	"fmt"
	"net"
	"os"
	"slices"
	"time"

	"github.com/handoff-go/handoff/internal/fdpass"
	"github.com/handoff-go/handoff/registry"
	"github.com/handoff-go/handoff/wire"
)

// serveLink shakes hands with a backend and reads its link until that is at its end.
func (b *Broker) serveLink(conn *net.UnixConn) {
	sock, err := fdpass.NewLink(conn, &b.ledger)
	if err != nil {
		conn.Close()
		return
	}
	l := &link{b: &b.shared, id: b.links.Add(1), sock: sock, attempts: newAttemptTable(), out: sendQueue{sock: sock}}
	h := &handshake{&reader{link: l, broker: b, in: wire.NewDecoder(wire.MaxControl)}}
	stop := context.AfterFunc(b.closing, func() { l.fail(ErrClosed) })
	err = h.run(time.Now().Add(b.o.Handshake))
	stop()
	if err == nil {
		h.reader.read()
		return
	}
	b.log.Warn("backend refused", "pid", l.peer.PID, "error", err)
	reason := byeReason(err)
	if reason == 0 {
		reason = wire.ByeProtocol
	}
	l.send(&wire.Bye{Reason: reason, Detail: wire.ClipDetail(err.Error())})
	l.trace(OpDropLink, err, "")
	sock.Close()
}

// handshake is the first exchange on a link, by its reader: hello, ping, pong, welcome.
type handshake struct {
	*reader
}

// run shakes hands, with one deadline for everything.
func (h *handshake) run(deadline time.Time) error {
	who, err := h.sock.PeerCredentials()
	if err != nil {
		return err
	}
	h.peer.PID = who.PID
	if err := h.sock.SetReadDeadline(deadline); err != nil {
		return err
	}
	m, err := h.next()
	if err != nil {
		return err
	}
	hello, ok := m.(*wire.LinkHello)
	if !ok {
		return errHandshake
	}
	if hello.Version != wire.LinkVersion {
		return errVersion
	}
	if err := h.authorize(*hello, who); err != nil {
		return err
	}
	if h.lease, err = h.sameClock(hello.TimeNamespace); err != nil {
		return err
	}
	return h.welcome()
}

// authorize checks that the backend's user may serve the service, and notes who it is.
func (h *handshake) authorize(hello wire.LinkHello, who fdpass.Credentials) error {
	h.service = h.broker.service(hello.Service)
	if h.service == nil {
		return fmt.Errorf("service %q: %w", hello.Service, errForbidden)
	}
	allowed := h.service.uids
	if allowed == nil {
		allowed = []int{os.Getuid()}
	}
	if !slices.Contains(allowed, who.UID) {
		return fmt.Errorf("uid %d, service %q: %w", who.UID, hello.Service, errForbidden)
	}
	h.peer = registry.Backend{Service: hello.Service, PID: who.PID}
	h.key = h.peer.String()
	h.limit = h.b.o.MaxPerLink
	if hello.MaxInFlight != 0 {
		h.limit = min(h.limit, int(min(hello.MaxInFlight, 1<<30)))
	}
	return nil
}

// sameClock reports whether the backend reads the clock that the broker reads, so that there can be
// a lease: it names the same time namespace, and its reading lies between two of the broker's. The
// readings alone do not do: a namespace whose offset is below a round trip would pass.
func (h *handshake) sameClock(theirs wire.TimeNamespace) (bool, error) {
	nonce := randomNonce()
	before, err := fdpass.Clock()
	if err != nil {
		return false, err
	}
	h.send(&wire.Ping{Nonce: nonce})
	m, err := h.next()
	if err != nil {
		return false, err
	}
	after, err := fdpass.Clock()
	if err != nil {
		return false, err
	}
	pong, ok := m.(*wire.Pong)
	if !ok || pong.Nonce != nonce {
		return false, errHandshake
	}
	between := uint64(before) <= pong.Clock && pong.Clock <= uint64(after)
	return between && h.broker.namespace.Same(theirs), nil
}

// welcome tells the backend how ownership passes on this link. Offers may follow at once.
func (h *handshake) welcome() error {
	mode := wire.ModeCommitOnly
	if h.lease {
		mode = wire.ModeLease
	}
	interval := max(0, h.b.o.PingInterval)
	h.pings.start(interval, time.Now())
	if !h.broker.join(h.link) {
		return ErrClosed
	}
	h.trace(OpLinkUp, nil, mode.String())
	h.b.log.Info("backend linked", "service", h.peer.Service, "pid", h.peer.PID, "mode", mode)
	h.sendWelcome(&wire.Welcome{
		Version:      wire.LinkVersion,
		Mode:         mode,
		MaxInFlight:  uint32(h.limit),
		AckDeadline:  h.service.deadline,
		PingInterval: interval,
	})
	return nil
}

// next reads one message of the handshake.
func (h *handshake) next() (wire.Message, error) {
	for {
		frame, _, err := h.in.Next()
		if err == nil {
			return h.parser.Parse(frame)
		}
		if err != wire.ErrIncomplete {
			return nil, err
		}
		received, err := h.sock.Recv(h.in.Free())
		if err != nil {
			return nil, err
		}
		h.closeFDs(received.FDs)
		h.in.Advance(received.N)
	}
}
