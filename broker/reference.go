package broker

import (
	"context"
	"net"
	"time"

	"github.com/handoff-go/handoff/fallback"
	"github.com/handoff-go/handoff/internal/fdpass"
	"github.com/handoff-go/handoff/registry"
	"github.com/handoff-go/handoff/wire"
)

// HandoffReference hands one connection over as the reference, running-process 4.5.5,
// does: over a link of its own, the 16 bytes of the token with the descriptor, then the
// offer, then the backend's ACK. It is for backends that know nothing else. link is a
// connection to such a backend, and is closed by the call.
//
// There is no lease and no commit, so there is no promise of one owner either: such a
// backend serves from the moment that it has sent its ACK, whenever that is read. What
// can be done is done: one deadline for the whole ACK, and a connection whose ACK did not
// come in time, or cannot be read, is fenced. A backend that rejects gives the connection
// back; so does the end of the link, with Outcome.Settled false, because such a backend
// may close it while it serves.
//
// If ready is not the zero token the client is told ready, by the broker, with that
// token. A backend that writes at once may be faster, which the reference's clients do
// not expect.
//
// Request's Preface, Metadata, ClientAddress and Proxy have no place in this form, and a
// Preface is refused with wire.ErrTooLong. Errors are otherwise those of Handoff.
func (b *Broker) HandoffReference(ctx context.Context, conn net.Conn, link *net.UnixConn, r Request, ready registry.Token) (Outcome, error) {
	untouched := Outcome{Kind: Fallback, Service: r.Service, Conn: conn, Settled: true}
	defer link.Close()
	if err := r.checkReference(); err != nil {
		return untouched, err
	}
	if !b.enter() {
		return untouched, ErrClosed
	}
	defer b.leave()
	s := b.service(r.Service)
	pass, err := fdpass.NewLink(link, &b.ledger)
	if err != nil {
		return untouched, err
	}
	h, err := b.takenConn(conn)
	if err != nil {
		return untouched, err
	}
	p := &transfer{b: b, request: Request{Service: r.Service}, conn: h, callers: true, ready: ready, began: time.Now()}
	ctx, stop := b.within(ctx)
	defer stop()
	o := p.reference(ctx, pass, s)
	p.count(o)
	if o.Kind == Fenced && ctx.Err() != nil {
		return o, context.Cause(ctx)
	}
	return o, nil
}

func (r Request) checkReference() error {
	if len(r.Preface) > 0 {
		return &wire.FieldError{Message: "HandoffOffer", Err: wire.ErrTooLong}
	}
	return wire.CheckService(r.Service)
}

// reference is the one attempt that the form allows.
func (p *transfer) reference(ctx context.Context, link *fdpass.Link, s *service) Outcome {
	if !p.enter() {
		return p.unreferred(true)
	}
	if s == nil || s.disabled {
		p.why = fallback.Decision{Reason: fallback.ServicePolicyDisabled}
		return p.unreferred(true)
	}
	to := registry.Backend{Service: s.name}
	if who, err := link.PeerCredentials(); err == nil {
		to.PID = who.PID
	}
	now := time.Now()
	token, _, err := p.b.begin(s.registry, to, now)
	if err != nil {
		p.why = fallback.Decision{Reason: fallback.FDPressureDisabled}
		return p.unreferred(true)
	}
	a := &referred{p: p, link: link, service: s, to: to, deadline: now.Add(s.deadline)}
	a.offer = wire.Offer{Token: token, Service: s.name, CorrelationID: p.b.correlation.Add(1)}
	stop := context.AfterFunc(ctx, func() { _ = link.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	return a.run(ctx)
}

// unreferred gives the connection back.
func (p *transfer) unreferred(settled bool) Outcome {
	o := p.outcome()
	o.Kind, o.Decision, o.Settled = Fallback, p.why, settled
	o.Conn = p.giveBack(settled)
	return o
}

// referred is an attempt in the reference's form.
type referred struct {
	p        *transfer
	link     *fdpass.Link
	service  *service
	to       registry.Backend
	offer    wire.Offer
	deadline time.Time
}

func (a *referred) run(ctx context.Context) Outcome {
	if sent, err := a.send(); err != nil {
		a.service.registry.Abandon(a.offer.Token)
		_, a.p.why = offerFailure(err)
		switch {
		case !sent:
			return a.p.unreferred(true)
		case timeout(err):
			return a.fence()
		}
		return a.back(false)
	}
	ack, err := a.readAck(ctx)
	switch {
	case err == nil && ack.Accepted:
		if _, err := a.service.registry.Acknowledge(a.offer.Token, time.Now()); err != nil {
			a.p.why = fallback.Decision{Reason: fallback.BackendAckTimeout}
			return a.fence()
		}
		return a.adopted()
	case err == nil:
		a.service.registry.Abandon(a.offer.Token)
		a.p.why = fallback.Decision{Reason: ack.Reason.Fallback(), RetryAfter: ack.RetryAfter}
		return a.back(true)
	case timeout(err):
		now := time.Now()
		if _, due := a.service.registry.Expire(a.offer.Token, now); !due {
			a.service.registry.Abandon(a.offer.Token) // ctx ended first
		}
		a.p.why = fallback.Decision{Reason: fallback.BackendAckTimeout}
		return a.fence()
	}
	a.service.registry.Abandon(a.offer.Token)
	if isEnd(err) {
		a.p.why = fallback.Decision{Reason: fallback.BackendGone}
		return a.back(false)
	}
	a.p.why = fallback.Decision{Reason: fallback.IntegrityMismatch}
	return a.fence()
}

// send reports whether the descriptor went.
func (a *referred) send() (sent bool, err error) {
	token := a.offer.Token.Bytes()
	var n int
	inner := a.p.conn.control(func(fd int) { n, err = a.link.SendAll(token[:], fd, a.deadline) })
	if inner != nil {
		return false, inner
	}
	if err == nil {
		_, err = a.link.SendAll(a.offer.Append(nil), -1, a.deadline)
	}
	return n > 0, err
}

// readAck reads the backend's answer, with one deadline for all of it: the reference's
// was for each read.
func (a *referred) readAck(ctx context.Context) (*wire.Ack, error) {
	if err := a.link.SetReadDeadline(a.deadline); err != nil {
		return nil, err
	}
	if ctx.Err() != nil {
		return nil, context.DeadlineExceeded // its AfterFunc may have come before
	}
	in := wire.NewDecoder(wire.MaxControl)
	for {
		frame, _, err := in.Next()
		if err == nil {
			if err := frame.Expect(wire.KindResponse, wire.ProtocolHandoff); err != nil {
				return nil, err
			}
			m, err := wire.Parse(frame)
			if err != nil {
				return nil, err
			}
			ack := m.(*wire.Ack) // as expected
			if !ack.Token.Equal(a.offer.Token) || ack.CorrelationID != a.offer.CorrelationID {
				return nil, registry.ErrTokenMismatch
			}
			return ack, nil
		}
		if err != wire.ErrIncomplete {
			return nil, err
		}
		received, err := a.link.Recv(in.Free())
		if err != nil {
			return nil, err
		}
		for _, fd := range received.FDs {
			fdpass.Close(fd)
			a.p.b.ledger.Closed(fdpass.FromLink)
		}
		in.Advance(received.N)
	}
}

func (a *referred) adopted() Outcome {
	if !a.p.ready.IsZero() {
		m := wire.Ready{Token: a.p.ready, Accepted: true, CorrelationID: a.offer.CorrelationID}
		if err := a.p.conn.write(m.Append(nil)); err != nil {
			a.p.b.log.Warn("ready not written", "service", a.service.name, "error", err)
		}
	}
	a.p.conn.close()
	return a.outcome(Adopted)
}

func (a *referred) fence() Outcome {
	if err := a.p.conn.fence(); err != nil {
		a.p.b.log.Warn("connection not fenced", "service", a.service.name, "error", err)
	}
	a.p.conn.close()
	o := a.outcome(Fenced)
	o.Decision = a.p.why
	return o
}

func (a *referred) back(settled bool) Outcome {
	if err := a.p.conn.regain(); err != nil {
		return a.fence()
	}
	o := a.p.unreferred(settled)
	o.Attempts, o.Backend = 1, a.to
	return o
}

func (a *referred) outcome(kind Kind) Outcome {
	o := a.p.outcome()
	o.Kind, o.Attempts, o.Backend = kind, 1, a.to
	return o
}
