package backend

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"time"

	"github.com/handoff-go/handoff/internal/fdpass"
	"github.com/handoff-go/handoff/internal/ownedconn"
	"github.com/handoff-go/handoff/registry"
	"github.com/handoff-go/handoff/wire"
)

// ErrNotSent answers AcceptReference when what came over the link was not a token with
// one descriptor, and an offer for them.
var ErrNotSent = errors.New("backend: no connection was handed over")

// AcceptReference receives one connection as the reference, running-process 4.5.5, hands
// it over: on a link of its own, 16 bytes of a token with the descriptor, then the offer.
// It answers with the ACK, and then the connection is served: there is no lease and no
// commit, so a broker that reads the ACK too late may have told the client to reconnect.
// It is for brokers that know nothing else.
//
// link is closed by the call, which blocks until the handoff is done or ctx ends. An
// offer that is for another service, or for another token than came with the descriptor,
// is rejected. The error is ErrNotSent, wire's, ctx's, or the system's.
func AcceptReference(ctx context.Context, link *net.UnixConn, service string) (*Conn, error) {
	return acceptReference(ctx, link, service, nil)
}

func acceptReference(ctx context.Context, conn *net.UnixConn, service string, ledger *fdpass.Ledger) (*Conn, error) {
	link, err := fdpass.NewLink(conn, ledger)
	if err != nil {
		conn.Close()
		return nil, err
	}
	defer link.Close()
	stop := context.AfterFunc(ctx, func() { _ = link.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	a := reference{link: link, ledger: ledger, fd: -1, stop: ctx.Done()}
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

// reference is one handoff in the reference's form.
type reference struct {
	link   *fdpass.Link
	ledger *fdpass.Ledger
	fd     int   // of the connection; -1: it has not come, or is gone
	other  []int // surplus
	stop   <-chan struct{}
}

func (a *reference) accept(service string) (*Conn, error) {
	token, err := a.readToken()
	if err != nil {
		return nil, err
	}
	m, err := a.readOffer()
	if err != nil {
		return nil, err
	}
	reason := wire.Reason(0)
	switch {
	case a.fd < 0:
		reason = wire.ReasonDescriptorMissing
	case !token.Equal(m.Token), m.Service != service:
		reason = wire.ReasonIntegrityMismatch
	}
	ack := wire.Ack{Token: m.Token, Accepted: reason == 0, CorrelationID: m.CorrelationID, Reason: reason}
	if reason != 0 {
		a.closeFDs() // before it is said
		ack.Detail = reason.String()
	}
	if _, err := a.link.SendAll(ack.Append(nil), -1, time.Now().Add(DefaultWriteTimeout)); err != nil {
		return nil, err
	}
	if reason != 0 {
		return nil, ErrNotSent
	}
	conn, err := ownedconn.Open(a.fd, a.stop, slog.New(slog.DiscardHandler))
	if err != nil {
		_ = fdpass.ShutdownBoth(a.fd) // the broker takes it for ours
		return nil, err
	}
	a.ledger.Adopted(fdpass.FromLink)
	a.fd = -1
	a.closeFDs()
	return &Conn{Conn: conn, info: Info{Service: m.Service, ClientAddress: m.ClientAddress, Metadata: m.Metadata}, owned: ownedconn.New(conn, m.Preface)}, nil
}

// readToken reads 16 bytes and not one more, and the descriptor that came with them.
func (a *reference) readToken() (registry.Token, error) {
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

func (a *reference) readOffer() (*wire.Offer, error) {
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

// Read implements io.Reader for the frame. Descriptors belong to the token.
func (a *reference) Read(b []byte) (int, error) { return a.recv(b, false) }

// recv reads once. The first descriptor that comes while it is wanted is the connection.
func (a *reference) recv(b []byte, wanted bool) (int, error) {
	r, err := a.link.Recv(b)
	for _, fd := range r.FDs {
		if wanted && a.fd < 0 {
			a.fd = fd
			continue
		}
		a.other = append(a.other, fd)
	}
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return r.N, err
}

func (a *reference) closeFDs() {
	if a.fd >= 0 {
		a.other = append(a.other, a.fd)
		a.fd = -1
	}
	for _, fd := range a.other {
		fdpass.Close(fd)
		a.ledger.Closed(fdpass.FromLink)
	}
	a.other = nil
}
