package broker

import (
	"context"
	"fmt"
	"net"
	"time"

	"github.com/handoff-go/handoff/internal/ownedconn"
	"github.com/handoff-go/handoff/wire"
)

// Handoff hands one connection, which the caller accepted, to a backend of the service,
// trying several if need be. conn must be a *net.TCPConn or *net.UnixConn itself, or one
// that an earlier Handoff gave back. It is the broker's during the call: nobody may use
// it, or a copy of it.
//
// It blocks until the outcome is known: at most Attempts times the ACK deadline and
// SettleTimeout, or until ctx ends. When ctx ends while a backend may own the connection, the
// connection is fenced, and the error is ctx's. Until the outcome the broker reads and writes nothing
// on conn.
//
// The error is nil whenever the connection was taken, whatever Outcome.Kind says.
// Otherwise the connection is in Outcome.Conn untouched, and the error is ErrClosed, a
// *UnsupportedError, ErrUnsettled, a *wire.FieldError for a Request that does not fit an
// offer, or ctx's.
func (b *Broker) Handoff(ctx context.Context, conn net.Conn, r Request) (Outcome, error) {
	untouched := Outcome{Kind: Fallback, Service: r.Service, Conn: conn, Settled: true}
	if err := ctx.Err(); err != nil {
		return untouched, err
	}
	if given, ok := conn.(*ownedconn.Returned); ok {
		if !given.Settled {
			untouched.Settled = false
			return untouched, ErrUnsettled
		}
		r.Preface = append(ownedconn.Unread(&given.Conn), r.Preface...)
		conn = ownedconn.Socket(&given.Conn)
	}
	if r.ClientAddress == "" {
		r.ClientAddress = remote(conn.RemoteAddr())
	}
	if err := r.check(); err != nil {
		return untouched, err
	}
	if !b.enter() {
		return untouched, ErrClosed
	}
	defer b.leave()
	c, err := b.takenConn(conn)
	if err != nil {
		return untouched, err
	}
	t := &transfer{b: b, request: r, conn: c, fromHandoff: true, began: time.Now(), results: make(chan result, 1)}
	ctx, stop := b.within(ctx)
	defer stop()
	o := t.run(ctx)
	t.count(o)
	if o.Kind == Fenced && ctx.Err() != nil {
		return o, fmt.Errorf("broker: connection fenced: %w", context.Cause(ctx))
	}
	return o, nil
}

// within returns ctx, which also ends when Shutdown waits no longer.
func (b *Broker) within(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(b.forceCtx, func() { cancel(ErrClosed) })
	return ctx, func() { stop(); cancel(nil) }
}

// check returns a *wire.FieldError for a field that does not fit an offer.
func (r Request) check() error {
	m := wire.Offer{Service: r.Service, Preface: r.Preface, Metadata: r.Metadata, ClientAddress: r.ClientAddress}
	return m.CheckRequest()
}
