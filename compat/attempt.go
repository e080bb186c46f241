package compat

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"time"

	"github.com/handoff-go/handoff/broker"
	"github.com/handoff-go/handoff/fallback"
	"github.com/handoff-go/handoff/internal/fdpass"
	"github.com/handoff-go/handoff/internal/ownedconn"
	"github.com/handoff-go/handoff/registry"
	"github.com/handoff-go/handoff/wire"
)

// attempt is the one offer that the form allows for a connection.
type attempt struct {
	s        *Sender
	conn     net.Conn // a *net.TCPConn or *net.UnixConn
	raw      syscall.RawConn
	link     *fdpass.Link
	request  Request
	to       registry.Backend
	offer    wire.Offer
	deadline time.Time
	began    time.Time
	blocking bool // O_NONBLOCK was cleared for the backend
}

// run offers the connection, waits for the ACK, and decides by it.
func (a *attempt) run(ctx context.Context) broker.Outcome {
	stop := context.AfterFunc(ctx, func() { _ = a.link.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	if sent, err := a.send(); err != nil {
		a.s.registry.Abandon(a.offer.Token)
		why := sendFailure(err)
		switch {
		case !sent:
			return a.giveBack(why, true)
		case os.IsTimeout(err):
			return a.fence(why)
		}
		return a.takeBack(why, false)
	}
	ack, err := a.readAck(ctx)
	switch {
	case err == nil && ack.Accepted:
		if _, err := a.s.registry.Acknowledge(a.offer.Token, time.Now()); err != nil {
			return a.fence(fallback.Decision{Reason: fallback.BackendAckTimeout})
		}
		return a.adopted()
	case err == nil:
		a.s.registry.Abandon(a.offer.Token)
		return a.takeBack(fallback.Decision{Reason: ack.Reason.Fallback(), RetryAfter: ack.RetryAfter}, true)
	case os.IsTimeout(err):
		if _, due := a.s.registry.Expire(a.offer.Token, time.Now()); !due {
			a.s.registry.Abandon(a.offer.Token) // ctx ended before the deadline
		}
		return a.fence(fallback.Decision{Reason: fallback.BackendAckTimeout})
	}
	a.s.registry.Abandon(a.offer.Token)
	if errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) {
		// The backend may hold a copy, or serve, so nobody else may be offered the connection.
		return a.takeBack(fallback.Decision{Reason: fallback.BackendGone}, false)
	}
	return a.fence(fallback.Decision{Reason: fallback.IntegrityMismatch})
}

// send reports whether the descriptor was sent. It is sent in blocking mode: a backend of
// running-process reads from it at once, without waiting for it to be readable, and takes EAGAIN for
// the end of the connection.
func (a *attempt) send() (sent bool, err error) {
	token := a.offer.Token.Bytes()
	var n int
	inner := a.control(func(fd int) {
		a.blocking = true
		if err = fdpass.SetBlocking(fd); err == nil {
			n, err = a.link.SendAll(token[:], fd, a.deadline)
		}
	})
	if inner != nil {
		return false, inner
	}
	if err == nil {
		_, err = a.link.SendAll(a.offer.Append(nil), -1, a.deadline)
	}
	return n > 0, err
}

// sendFailure returns what to do now after an offer that could not be written.
func sendFailure(err error) fallback.Decision {
	switch {
	case errors.Is(err, syscall.ETOOMANYREFS):
		// Too many descriptors of this user are in flight, on whatever link.
		return fallback.Decision{Reason: fallback.FDPressureDisabled, RetryAfter: 100 * time.Millisecond}
	case errors.Is(err, fdpass.ErrWouldBlock):
		return fallback.Decision{Reason: fallback.FDPressureDisabled}
	case errors.Is(err, syscall.EPIPE), errors.Is(err, syscall.ECONNRESET), errors.Is(err, net.ErrClosed):
		return fallback.Decision{Reason: fallback.BackendGone}
	}
	return fallback.Decision{Reason: fallback.PermissionDenied}
}

// readAck reads the backend's answer, with one deadline for all of it. A deadline for each read would
// let a backend that sends a byte at a time hold the connection for as long as it likes.
func (a *attempt) readAck(ctx context.Context) (*wire.Ack, error) {
	if err := a.link.SetReadDeadline(a.deadline); err != nil {
		return nil, err
	}
	if ctx.Err() != nil {
		return nil, context.DeadlineExceeded // its AfterFunc may have run before this deadline was set
	}
	in := wire.NewDecoder(wire.MaxFrame) // the form has no lower limit for the text of a rejection
	for {
		frame, _, err := in.Next()
		switch err {
		case nil:
			return a.parseAck(frame)
		case wire.ErrIncomplete:
		default:
			return nil, err
		}
		received, err := a.link.Recv(in.Free())
		if err != nil {
			return nil, err
		}
		for _, fd := range received.FDs {
			fdpass.Close(fd)
			a.s.ledger.Closed(fdpass.FromLink)
		}
		in.Advance(received.N)
	}
}

// parseAck returns the ACK in a frame, if it is for this attempt.
func (a *attempt) parseAck(frame wire.Frame) (*wire.Ack, error) {
	ack, err := wire.ParseLongAck(frame)
	if err != nil {
		return nil, err
	}
	if !ack.Token.Equal(a.offer.Token) || ack.CorrelationID != a.offer.CorrelationID {
		return nil, registry.ErrTokenMismatch
	}
	return ack, nil
}

// adopted tells the client that the backend serves it, and closes the sender's copy.
func (a *attempt) adopted() broker.Outcome {
	if !a.request.Ready.IsZero() {
		m := wire.Ready{Token: a.request.Ready, Accepted: true, CorrelationID: a.offer.CorrelationID}
		if err := a.write(m.Append(nil)); err != nil {
			a.s.log.Warn("ready not written", "service", a.request.Service, "error", err)
		}
	}
	a.close()
	return a.outcome(broker.Adopted, fallback.Decision{})
}

// fence ends the connection for everybody, because the backend may own it.
func (a *attempt) fence(why fallback.Decision) broker.Outcome {
	if err := ownedconn.ShutdownBoth(a.conn); err != nil {
		a.s.log.Warn("connection not fenced", "service", a.request.Service, "error", err)
	}
	a.close()
	return a.outcome(broker.Fenced, why)
}

// takeBack gives back a connection of which the backend had a copy.
func (a *attempt) takeBack(why fallback.Decision, settled bool) broker.Outcome {
	o := a.giveBack(why, settled)
	o.Attempts, o.Backend = 1, a.to
	return o
}

// giveBack gives the connection to the caller of Handoff, or ends it if it cannot be used.
func (a *attempt) giveBack(why fallback.Decision, settled bool) broker.Outcome {
	if err := a.regain(); err != nil {
		return a.fence(why)
	}
	_ = a.conn.SetDeadline(time.Time{})
	a.s.ledger.Adopted(fromCaller)
	o := a.outcome(broker.Fallback, why)
	o.Attempts, o.Backend = 0, registry.Backend{}
	o.Conn, o.Settled = &ownedconn.Returned{Conn: ownedconn.Make(a.conn, nil), Settled: settled}, settled
	return o
}

// regain sets O_NONBLOCK again, which was cleared for the send, and which any holder of a copy may
// have cleared since: copies share their status flags, and a read of a Go connection that blocks
// does not end at its deadline.
func (a *attempt) regain() error {
	if !a.blocking {
		return nil
	}
	var inner error
	if err := a.control(func(fd int) { inner = fdpass.SetNonblock(fd) }); err != nil {
		return err
	}
	return inner
}

func (a *attempt) outcome(kind broker.Kind, why fallback.Decision) broker.Outcome {
	return broker.Outcome{
		Kind: kind, Service: a.request.Service, Backend: a.to, Decision: why, Attempts: 1, Took: time.Since(a.began),
	}
}

// control calls f with the descriptor, which stays open meanwhile.
func (a *attempt) control(f func(fd int)) error {
	return a.raw.Control(func(fd uintptr) { f(int(fd)) })
}

// write sends b to the client without waiting.
func (a *attempt) write(b []byte) error {
	var n int
	var inner error
	if err := a.control(func(fd int) { n, inner = fdpass.TryWrite(fd, b) }); err != nil {
		return err
	}
	if inner == nil && n < len(b) {
		inner = io.ErrShortWrite
	}
	return inner
}

// close closes the sender's copy, and no other.
func (a *attempt) close() {
	a.conn.Close()
	a.s.ledger.Closed(fromCaller)
}
