package compat

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"time"

	"github.com/handoff-go/handoff/backend"
	"github.com/handoff-go/handoff/internal/fdpass"
	"github.com/handoff-go/handoff/internal/ownedconn"
	"github.com/handoff-go/handoff/registry"
	"github.com/handoff-go/handoff/wire"
)

// ErrNotSent answers Accept when what came over the link was not a token with one descriptor, and an
// offer for them.
var ErrNotSent = errors.New("compat: no connection was handed over")

// writeTimeout is how long the ACK may take to be written.
const writeTimeout = backend.DefaultWriteTimeout

// Accept receives one connection from a broker that knows only the older form. It answers with the
// ACK, and then the connection is the caller's to serve, even if the broker reads the ACK too late and
// told the client to reconnect.
//
// link is closed by the call, which blocks until the handoff is done or ctx ends. An offer that is for
// another service, or for another token than came with the descriptor, is rejected. The error is
// ErrNotSent, wire's, ctx's, the system's, or a *broker.UnsupportedError where the system cannot pass
// descriptors.
func Accept(ctx context.Context, link *net.UnixConn, service string) (*Conn, error) {
	return accept(ctx, link, service, nil)
}

func accept(ctx context.Context, conn *net.UnixConn, service string, ledger *fdpass.Ledger) (*Conn, error) {
	link, err := newLink(conn, ledger)
	if err != nil {
		conn.Close()
		return nil, err
	}
	defer link.Close()
	stop := context.AfterFunc(ctx, func() { _ = link.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	a := receiver{link: link, ledger: ledger, fd: -1, stop: ctx.Done()}
	c, err := a.accept(service)
	if err != nil {
		a.closeFDs()
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return nil, err
	}
	return c, nil
}

// receiver receives one handoff.
type receiver struct {
	link    *fdpass.Link
	ledger  *fdpass.Ledger
	fd      int   // the connection's; -1: not received yet, or no longer held here
	surplus []int // other descriptors
	stop    <-chan struct{}
}

func (a *receiver) accept(service string) (*Conn, error) {
	token, err := a.readToken()
	if err != nil {
		return nil, err
	}
	m, err := a.readOffer()
	if err != nil {
		return nil, err
	}
	reason := wire.Reason(0) // to accept
	switch {
	case a.fd < 0:
		reason = wire.ReasonDescriptorMissing
	case !token.Equal(m.Token), m.Service != service:
		reason = wire.ReasonIntegrityMismatch
	}
	ack := wire.Ack{Token: m.Token, Accepted: reason == 0, CorrelationID: m.CorrelationID, Reason: reason}
	if reason != 0 {
		a.closeFDs() // before the rejection: it says that no copy is left here
		ack.Detail = reason.String()
	}
	if _, err := a.link.SendAll(ack.Append(nil), -1, time.Now().Add(writeTimeout)); err != nil {
		return nil, err
	}
	if reason != 0 {
		return nil, ErrNotSent
	}
	conn, err := ownedconn.Open(a.fd, a.stop, slog.New(slog.DiscardHandler))
	if err != nil {
		_ = fdpass.ShutdownBoth(a.fd) // the broker has read that it is served here
		return nil, err
	}
	a.ledger.Adopted(fdpass.FromLink)
	a.fd = -1
	a.closeFDs()
	return newConn(conn, m.Preface, backend.Info{Service: m.Service, ClientAddress: m.ClientAddress, Metadata: m.Metadata}), nil
}

// readToken reads 16 bytes and not one more, and the descriptor that travels with the first of them.
func (a *receiver) readToken() (registry.Token, error) {
	var b [registry.TokenSize]byte
	for have := 0; have < len(b); {
		n, err := a.recv(b[have:], have == 0)
		if err != nil {
			return registry.Token{}, err
		}
		have += n
	}
	return registry.ParseToken(b[:])
}

func (a *receiver) readOffer() (*wire.Offer, error) {
	frame, err := wire.ReadFrame(a, wire.MaxOffer)
	if err != nil {
		return nil, err
	}
	if err := frame.Expect(wire.KindRequest, wire.ProtocolHandoff); err != nil {
		return nil, err
	}
	m, err := wire.Parse(frame)
	if err != nil {
		return nil, err
	}
	return m.(*wire.Offer), nil // as expected
}

// Read implements io.Reader for the frame of the offer. A descriptor that comes with it is surplus.
func (a *receiver) Read(b []byte) (int, error) { return a.recv(b, false) }

// recv reads once. If the connection is wanted, it is the first descriptor that comes.
func (a *receiver) recv(b []byte, wanted bool) (int, error) {
	r, err := a.link.Recv(b)
	for _, fd := range r.FDs {
		if wanted && a.fd < 0 {
			a.fd = fd
			continue
		}
		a.surplus = append(a.surplus, fd)
	}
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return r.N, err
}

func (a *receiver) closeFDs() {
	if a.fd >= 0 {
		a.surplus = append(a.surplus, a.fd)
		a.fd = -1
	}
	for _, fd := range a.surplus {
		fdpass.Close(fd)
		a.ledger.Closed(fdpass.FromLink)
	}
	a.surplus = nil
}
