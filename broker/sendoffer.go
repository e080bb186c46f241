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

// sendResult says what came of sending an offer.
type sendResult uint8

const (
	offerSent   sendResult = iota + 1 // the first byte is sent, and the descriptor with it
	tryNextLink                       // no byte is sent, and this link is of no use
	retryLater                        // no byte is sent, and this link may be of use later
	giveUp                            // no byte is sent, and no link is of use
)

// newAttempt registers an attempt, or returns why it cannot. Spec: Begin.
//
// The kernel's clock is read before Go's. The lease is counted from the first, the deadline from
// the second: read the other way round, a process that is stopped in between would grant a lease
// that outlives the deadline, and the backend would own what the broker has taken back.
func (l *link) newAttempt(conn *clientConn, owner resultReceiver, client string) (*attempt, fallback.Decision) {
	clock, err := fdpass.Clock()
	now := time.Now()
	if err != nil {
		return nil, fallback.Decision{Reason: fallback.PermissionDenied}
	}
	token, err := l.service.registry.Begin(l.peer, now)
	if err != nil {
		l.b.log.Warn("handoff not begun", "service", l.service.name, "error", err)
		return nil, fallback.Decision{Reason: fallback.FDPressureDisabled}
	}
	a := &attempt{
		link:        l,
		owner:       owner,
		conn:        conn,
		token:       token,
		correlation: l.b.correlation.Add(1),
		ref:         l.service.registry.Ref(token),
		deadline:    now.Add(l.service.deadline),
	}
	if l.lease {
		a.serveBy = max(1, clock+int64(l.service.deadline-l.service.margin))
	}
	a.traceNote(OpBegin, nil, client)
	return a, fallback.Decision{}
}

// offer sends the offer. Once its first byte is sent the connection is the link's, and the caller
// must not touch it. Otherwise nobody has a copy, and offer returns why.
func (a *attempt) offer(request *Request, ready registry.Token) (sendResult, fallback.Decision) {
	buffer := a.link.b.buffer()
	defer a.link.b.buffers.Put(buffer)
	*buffer = a.appendOffer((*buffer)[:0], request, ready)
	whole, err := a.sendFirst(*buffer)
	if err != nil {
		a.link.service.registry.Abandon(a.token)
		a.trace(OpAbandon, err)
		return sendFailure(err)
	}
	a.trace(OpSendOffer, nil)
	if whole {
		a.trace(OpOfferWritten, nil)
	} else {
		a.link.flush()
	}
	return offerSent, fallback.Decision{}
}

func (a *attempt) appendOffer(b []byte, request *Request, ready registry.Token) []byte {
	m := wire.Offer{
		Token:         a.token,
		Service:       a.link.service.name,
		CorrelationID: a.correlation,
		ServeBy:       uint64(a.serveBy),
		Preface:       request.Preface,
		Metadata:      request.Metadata,
		ClientAddress: request.ClientAddress,
		ReadyToken:    ready,
	}
	return m.Append(b)
}

// sendFirst puts the attempt on its link and sends the first bytes of its offer, with the
// descriptor. Both are one step under the link's lock, so an attempt is on its link exactly if a
// byte of its offer was sent. It returns whether the whole offer is written. With an error no byte
// is sent. Spec: SendOffer.
func (a *attempt) sendFirst(frame []byte) (whole bool, err error) {
	l := a.link
	inner := a.conn.control(func(fd int) {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.capacityLocked() != capacityNow {
			err = errCongested
			return
		}
		if whole, err = l.out.postOffer(a, frame, fd); err != nil {
			if isBrokenPipe(err) {
				l.failLocked(err)
			}
			return
		}
		l.attempts.add(a)
		l.wakeByLocked(a.deadline)
	})
	if inner != nil {
		return false, inner
	}
	return whole, err
}

// sendFailure says what to do when no byte of an offer could be sent.
func sendFailure(err error) (sendResult, fallback.Decision) {
	switch {
	case errors.Is(err, syscall.ETOOMANYREFS):
		// Too many descriptors of this user are under way, on whatever link.
		return giveUp, fallback.Decision{Reason: fallback.FDPressureDisabled, RetryAfter: 100 * time.Millisecond}
	case errors.Is(err, errCongested), errors.Is(err, fdpass.ErrWouldBlock):
		return retryLater, fallback.Decision{Reason: fallback.FDPressureDisabled}
	case isBrokenPipe(err), errors.Is(err, net.ErrClosed):
		return tryNextLink, fallback.Decision{Reason: fallback.BackendGone}
	}
	return giveUp, fallback.Decision{Reason: fallback.PermissionDenied}
}
