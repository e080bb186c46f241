package broker

import (
	"errors"
	"net"
	"syscall"
	"time"

	"github.com/handoff-go/handoff/fallback"
	"github.com/handoff-go/handoff/internal/fdpass"
	"github.com/handoff-go/handoff/registry"
	"github.com/handoff-go/handoff/wire"
)

// attempt is one offer of one connection on one link.
type attempt struct {
	link        *link
	transfer    *transfer
	token       registry.Token
	correlation uint64
	ref         uint64
	deadline    time.Time // of the ACK
	serveBy     int64     // the kernel's clock; 0: no lease
	settled     chan struct{}
}

// What came of an offer.
type sent uint8

const (
	offerSent   sent = iota // the first byte is gone
	tryNextLink             // no byte is, and this link is of no use
	retryLater              // no byte is, and this link may be of use again
	giveUpOffer             // no byte is, and no link is of use
)

// offer begins an attempt and sends its offer. When the first byte is gone the transfer is
// the link's, and the caller must not touch it. Else nobody has a copy of the connection,
// and it returns why.
func (l *link) offer(p *transfer) (sent, fallback.Decision) {
	// The kernel's clock is read before Go's, so that the lease is over by the deadline.
	clock, err := fdpass.Clock()
	now := time.Now()
	if err != nil {
		return giveUpOffer, fallback.Decision{Reason: fallback.PermissionDenied}
	}
	a, err := l.newAttempt(p, clock, now)
	if err != nil {
		l.b.log.Warn("handoff not begun", "service", l.service.name, "error", err)
		return giveUpOffer, fallback.Decision{Reason: fallback.FDPressureDisabled}
	}
	buffer := l.b.buffer()
	defer l.b.buffers.Put(buffer)
	*buffer = a.frame((*buffer)[:0], p)
	whole, err := l.sendOffer(a, p.conn, *buffer)
	if err != nil {
		l.service.registry.Abandon(a.token)
		a.trace(OpAbandon, err)
		return offerFailure(err)
	}
	a.trace(OpSendOffer, nil)
	if whole {
		a.trace(OpOfferWritten, nil)
	} else {
		l.flush()
	}
	return offerSent, fallback.Decision{}
}

// newAttempt registers an attempt. Spec: Begin.
func (l *link) newAttempt(p *transfer, clock int64, now time.Time) (*attempt, error) {
	token, ref, err := l.b.begin(l.service.registry, l.peer, now)
	if err != nil {
		return nil, err
	}
	a := &attempt{
		link:        l,
		transfer:    p,
		token:       token,
		correlation: l.b.correlation.Add(1),
		ref:         ref,
		deadline:    now.Add(l.service.deadline),
	}
	if l.lease {
		a.serveBy = max(1, clock+int64(l.service.deadline-l.service.margin))
	}
	p.latest = a
	a.traceNote(OpBegin, nil, p.request.ClientAddress)
	return a, nil
}

func (a *attempt) frame(b []byte, p *transfer) []byte {
	m := wire.Offer{
		Token:         a.token,
		Service:       a.link.service.name,
		CorrelationID: a.correlation,
		ServeBy:       uint64(a.serveBy),
		Preface:       p.request.Preface,
		Metadata:      p.request.Metadata,
		ClientAddress: p.request.ClientAddress,
		ReadyToken:    p.ready,
	}
	return m.Append(b)
}

// sendOffer puts the attempt on the link and sends the first bytes of its offer, with
// the descriptor, as one step: an attempt that is on a link was offered. It returns
// whether the whole offer is written; with an error no byte is, and the attempt is off
// the link. Spec: SendOffer.
func (l *link) sendOffer(a *attempt, conn *clientConn, frame []byte) (whole bool, err error) {
	inner := conn.control(func(fd int) {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.stateLocked() != linkOpen {
			err = errCongested
			return
		}
		var n int
		if n, err = l.sock.TrySend(frame, fd); n == 0 {
			if errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET) {
				l.cut = true
				l.failLocked(err)
			}
			return
		}
		err = nil
		l.attempts[a.correlation] = a
		l.armLocked(a.deadline)
		if whole = n == len(frame); !whole {
			l.out = append(l.out, frame[n:]...)
			l.partial = a
			l.flushing = true
		}
	})
	if inner != nil {
		return false, inner
	}
	return whole, err
}

// offerFailure returns what an offer means of which no byte went.
func offerFailure(err error) (sent, fallback.Decision) {
	switch {
	case errors.Is(err, syscall.ETOOMANYREFS):
		// Too many descriptors of this user are under way, on whatever link.
		return giveUpOffer, fallback.Decision{Reason: fallback.FDPressureDisabled, RetryAfter: 100 * time.Millisecond}
	case errors.Is(err, errCongested), errors.Is(err, fdpass.ErrWouldBlock):
		return retryLater, fallback.Decision{Reason: fallback.FDPressureDisabled}
	case errors.Is(err, syscall.EPIPE), errors.Is(err, syscall.ECONNRESET), errors.Is(err, net.ErrClosed):
		return tryNextLink, fallback.Decision{Reason: fallback.BackendGone}
	}
	return giveUpOffer, fallback.Decision{Reason: fallback.PermissionDenied}
}

func (b *Broker) buffer() *[]byte {
	if buffer, ok := b.buffers.Get().(*[]byte); ok {
		return buffer
	}
	return new([]byte)
}
