package broker

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"time"

	"github.com/handoff-go/handoff/internal/fdpass"
	"github.com/handoff-go/handoff/registry"
	"github.com/handoff-go/handoff/wire"
)

// ServeBackends accepts the links of backends until the listener or the broker is
// closed, and blocks until then. The listener must be a *net.UnixListener and
// belongs to the broker from then on: Shutdown closes it. Who may connect is for the permissions of its path to say, which should be
// 0600, and then for Service.UIDs. After Shutdown began it returns ErrClosed, and
// otherwise the error of the listener.
func (b *Broker) ServeBackends(ln net.Listener) error {
	control, ok := ln.(*net.UnixListener)
	if !ok {
		return &UnsupportedError{What: fmt.Sprintf("a control socket that is a %T", ln)}
	}
	if !b.serve(ln) {
		ln.Close()
		return ErrClosed
	}
	defer b.served(ln)
	wait := fdpass.Backoff{Most: acceptPause}
	for {
		conn, err := control.AcceptUnix()
		if err != nil {
			if b.isClosing() {
				return ErrClosed
			}
			if errors.Is(err, net.ErrClosed) || timeout(err) {
				return err
			}
			b.log.Warn("control connection not accepted", "error", err)
			wait.Sleep(b.closing.Done())
			continue
		}
		wait.Reset()
		if b.linked.Add(1) > int64(b.o.MaxLinks) {
			b.linked.Add(-1)
			b.log.Warn("backend refused", "error", errLinks)
			bye := wire.Bye{Reason: wire.ByeBusy, Detail: errLinks.Error()}
			_, _ = conn.Write(bye.Append(nil)) // nothing was written before, so there is room
			conn.Close()
			continue
		}
		b.readers.Add(1) // ServeBackends itself is counted, so Shutdown still waits
		go func() {
			defer b.readers.Done()
			defer b.linked.Add(-1)
			b.link(conn)
		}()
	}
}

// link shakes hands with a backend and reads its link until that is over.
func (b *Broker) link(conn *net.UnixConn) {
	pass, err := fdpass.NewLink(conn, &b.ledger)
	if err != nil {
		conn.Close()
		return
	}
	l := &link{
		b:         b,
		id:        b.links.Add(1),
		conn:      conn,
		sock:      pass,
		in:        wire.NewDecoder(wire.MaxControl),
		attempts:  map[uint64]*attempt{},
		unsettled: map[uint64]*attempt{},
	}
	stop := context.AfterFunc(b.closing, func() { l.fail(ErrClosed) })
	err = l.shakeHands(time.Now().Add(b.o.Handshake))
	stop()
	if err != nil {
		b.log.Warn("backend refused", "pid", l.peer.PID, "error", err)
		reason := wire.ByeProtocol
		switch {
		case errors.Is(err, errForbidden):
			reason = wire.ByeForbidden
		case errors.Is(err, errVersion):
			reason = wire.ByeVersion
		case timeout(err):
			reason = wire.ByeSilent
		case errors.Is(err, ErrClosed):
			reason = wire.ByeClosing
		}
		l.send(&wire.Bye{Reason: reason, Detail: wire.ClipDetail(err.Error())})
		l.trace(OpDropLink, err, "")
		pass.Close()
		return
	}
	l.read()
}

// shakeHands learns who is there, with one deadline for all of it. Whether both read the
// same clock is asked of the time namespace, and of a reading that must lie between two
// of the broker's own: only then is there a lease.
func (l *link) shakeHands(deadline time.Time) error {
	who, err := l.sock.PeerCredentials()
	if err != nil {
		return err
	}
	l.peer.PID = who.PID
	if err := l.sock.SetReadDeadline(deadline); err != nil {
		return err
	}
	m, err := l.next()
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
	if err := l.introduce(*hello, who); err != nil {
		return err
	}
	if l.lease, err = l.sameClock(hello.TimeNamespace); err != nil {
		return err
	}
	return l.welcome()
}

// introduce judges a hello.
func (l *link) introduce(hello wire.LinkHello, who fdpass.Credentials) error {
	l.service = l.b.service(hello.Service)
	if l.service == nil {
		return fmt.Errorf("service %q: %w", hello.Service, errForbidden)
	}
	allowed := l.service.uids
	if allowed == nil {
		allowed = []int{os.Getuid()}
	}
	if !slices.Contains(allowed, who.UID) {
		return fmt.Errorf("uid %d, service %q: %w", who.UID, hello.Service, errForbidden)
	}
	l.peer = registry.Backend{Service: hello.Service, PID: who.PID}
	l.key = l.peer.String()
	l.limit = l.b.o.MaxPerLink
	if hello.MaxInFlight != 0 {
		l.limit = min(l.limit, int(min(hello.MaxInFlight, 1<<30)))
	}
	return nil
}

// sameClock challenges the backend to read its clock.
func (l *link) sameClock(theirs wire.TimeNamespace) (bool, error) {
	nonce := randomNonce()
	before, err := fdpass.Clock()
	if err != nil {
		return false, err
	}
	l.send(&wire.Ping{Nonce: nonce})
	m, err := l.next()
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
	return between && l.b.namespace.Same(theirs), nil
}

// welcome tells the backend how ownership passes here. Offers may follow at once.
func (l *link) welcome() error {
	mode := wire.ModeCommitOnly
	if l.lease {
		mode = wire.ModeLease
	}
	ping := max(0, l.b.o.PingInterval)
	if ping > 0 {
		l.pingAt = time.Now().Add(ping)
	}
	if !l.b.join(l) {
		return ErrClosed
	}
	l.trace(OpLinkUp, nil, mode.String())
	l.b.log.Info("backend linked", "service", l.peer.Service, "pid", l.peer.PID, "mode", mode)
	l.begin(&wire.Welcome{
		Version:      wire.LinkVersion,
		Mode:         mode,
		MaxInFlight:  uint32(l.limit),
		AckDeadline:  l.service.deadline,
		PingInterval: ping,
	})
	return nil
}

// next reads one message of the handshake.
func (l *link) next() (wire.Message, error) {
	for {
		frame, _, err := l.in.Next()
		if err == nil {
			return l.parser.Parse(frame)
		}
		if err != wire.ErrIncomplete {
			return nil, err
		}
		received, err := l.sock.Recv(l.in.Free())
		if err != nil {
			return nil, err
		}
		l.closeFDs(received.FDs)
		l.in.Advance(received.N)
	}
}
