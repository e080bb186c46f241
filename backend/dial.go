package backend

import (
	"context"
	"math/rand/v2"
	"net"
	"time"

	"github.com/handoff-go/handoff/internal/fdpass"
	"github.com/handoff-go/handoff/wire"
)

// run reads links, one after the other, until the listener is closed or drained.
func (ln *Listener) run(l *link) {
	defer close(ln.done)
	defer ln.shut()
	for l != nil {
		l.read()
		ln.mu.Lock()
		ln.link = nil
		over := ln.closed || ln.draining
		ln.mu.Unlock()
		if over {
			return
		}
		l = ln.redial()
	}
}

// redial dials until there is a link, with longer and longer waits that are drawn at
// random, so that the backends of a broker that comes back do not come all at once. It
// returns nil when the listener closes.
func (ln *Listener) redial() *link {
	for wait := ln.o.RedialMin; ; wait = min(2*wait, ln.o.RedialMax) {
		timer := time.NewTimer(wait/2 + rand.N(wait/2+1))
		select {
		case <-timer.C:
		case <-ln.dialing.Done():
			timer.Stop()
			return nil
		}
		l, err := ln.dial(ln.dialing)
		if err == nil {
			return l
		}
		ln.log.Info("broker not reached", "control", ln.address.Name, "error", err)
	}
}

// dial makes a link. Spec: DialControl.
func (ln *Listener) dial(ctx context.Context) (*link, error) {
	ctx, cancel := context.WithTimeout(ctx, ln.o.Handshake)
	defer cancel()
	ln.mu.Lock()
	ln.links++
	l := &link{
		listener: ln,
		id:       ln.links,
		in:       wire.NewDecoder(wire.MaxOffer),
		offers:   map[uint64]*offer{},
	}
	ln.mu.Unlock()
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
	err = l.shakeHands()
	if stop(); err == nil {
		// It may have fired just now.
		err = l.sock.SetReadDeadline(time.Time{})
	} else if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	if err == nil && !ln.adopt(l) {
		err = net.ErrClosed
	}
	if err != nil {
		l.refuse(l.takeArrived())
		l.sock.Close()
		return nil, err
	}
	return l, nil
}

// adopt makes l the link of the listener, unless that is closed.
func (ln *Listener) adopt(l *link) bool {
	ln.mu.Lock()
	defer ln.mu.Unlock()
	if ln.closed || ln.draining {
		return false
	}
	ln.link = l
	ln.counts.links++
	return true
}

// shakeHands says who is there, answers the challenge with a reading of the clock, and
// learns how ownership passes. Spec: SendLinkHello, LinkUp.
func (l *link) shakeHands() error {
	hello := wire.LinkHello{
		Version:       wire.LinkVersion,
		Service:       l.listener.service,
		TimeNamespace: l.listener.namespace,
		MaxInFlight:   uint32(l.listener.o.MaxInFlight),
	}
	err := l.write(&hello)
	l.trace(OpSendLinkHello, err, "")
	if err != nil {
		return l.refusal(err)
	}
	for {
		m, err := l.next()
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

// refusal returns why the broker refused this backend, if it had said so before a write
// failed, and else the failure.
func (l *link) refusal(failure error) error {
	_ = l.sock.SetReadDeadline(time.Now().Add(l.listener.o.WriteTimeout))
	for {
		m, err := l.next()
		if err != nil {
			return failure
		}
		if bye, ok := m.(*wire.Bye); ok {
			return &RefusedError{Reason: bye.Reason, Detail: bye.Detail}
		}
	}
}

// next reads one message of the handshake. What was read behind it stays for the reader.
func (l *link) next() (wire.Message, error) {
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
