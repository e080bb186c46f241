package backend

import (
	"context"
	"fmt"
	"net"
	"time"

	"github.com/handoff-go/handoff/internal/fdpass"
	"github.com/handoff-go/handoff/wire"
)

// dial connects to the control socket, shakes hands, and attaches the link.
func (ln *Listener) dial(ctx context.Context) (*link, error) {
	ctx, cancel := context.WithTimeout(ctx, ln.o.Handshake)
	defer cancel()
	l := ln.newLink()
	var d net.Dialer
	conn, err := d.DialContext(ctx, ln.address.Net, ln.address.Name)
	l.trace(OpDialControl, err, "")
	if err != nil {
		return nil, err
	}
	if l.sock, err = fdpass.NewLink(conn.(*net.UnixConn), &ln.ledger); err != nil {
		conn.Close()
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { _ = l.sock.SetReadDeadline(time.Unix(1, 0)) })
	err = l.handshake()
	if stop(); err == nil {
		err = l.sock.SetReadDeadline(time.Time{}) // ctx may have set one just now
	} else {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		err = fmt.Errorf("backend: handshake with the broker on %q: %w", ln.address.Name, err)
	}
	if err == nil && !ln.attach(l) {
		err = net.ErrClosed
	}
	if err != nil {
		l.closeFDs(l.unmatchedFDs())
		l.sock.Close()
		return nil, err
	}
	return l, nil
}

// newLink returns a link that is not connected.
func (ln *Listener) newLink() *link {
	ln.mu.Lock()
	defer ln.mu.Unlock()
	ln.links++
	return &link{
		listener: ln,
		id:       ln.links,
		in:       wire.NewDecoder(wire.MaxOffer),
		offers:   map[uint64]*offer{},
	}
}

// handshake sends the link hello, answers the broker's ping, and learns from its welcome
// whether an ACK inside the lease makes an owner.
func (l *link) handshake() error {
	err := l.sendHello()
	l.trace(OpSendLinkHello, err, "")
	if err != nil {
		return l.refusal(err)
	}
	for {
		m, err := l.nextMessage()
		if err != nil {
			return err
		}
		switch m := m.(type) {
		case *wire.Ping:
			if err := l.pong(m); err != nil {
				return l.refusal(err)
			}
		case *wire.Bye:
			return &RefusedError{Reason: m.Reason, Detail: m.Detail}
		case *wire.Welcome:
			if m.Version != wire.LinkVersion {
				return errHandshake
			}
			l.lease = m.Mode == wire.ModeLease
			l.trace(OpLinkUp, nil, m.Mode.String())
			l.listener.log.Info("linked", "control", l.listener.address.Name, "mode", m.Mode)
			return nil
		default:
			return errHandshake
		}
	}
}

func (l *link) sendHello() error {
	ln := l.listener
	return l.write(&wire.LinkHello{
		Version:       wire.LinkVersion,
		Service:       ln.service,
		TimeNamespace: ln.namespace,
		MaxInFlight:   uint32(ln.o.MaxInFlight),
	})
}

// refusal returns the broker's bye, if it sent one before a write failed, and otherwise the
// failure: a broker that refuses a backend says why and closes, and the backend may be
// writing then.
func (l *link) refusal(failure error) error {
	_ = l.sock.SetReadDeadline(time.Now().Add(l.listener.o.WriteTimeout))
	for {
		m, err := l.nextMessage()
		if err != nil {
			return failure
		}
		if bye, ok := m.(*wire.Bye); ok {
			return &RefusedError{Reason: bye.Reason, Detail: bye.Detail}
		}
	}
}

// nextMessage reads one message of the handshake. What was received behind it stays for the
// reader.
func (l *link) nextMessage() (wire.Message, error) {
	for {
		frame, _, err := l.in.Next()
		if err == nil {
			return l.parser.Parse(frame)
		}
		if err != wire.ErrIncomplete {
			return nil, err
		}
		if err := l.receive(l.sock.Recv); err != nil {
			return nil, err
		}
	}
}
