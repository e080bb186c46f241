package broker

import (
	"context"
	"slices"
	"time"

	"github.com/handoff-go/handoff/fallback"
)

// offerKind says what came of looking for a backend.
type offerKind uint8

const (
	offerMade    offerKind = iota + 1 // a backend was sent the connection: the transfer is its link's
	offerWaits                        // a backend that is busy may take the connection later
	offerRefused                      // no backend will take it
)

// offerResult is what came of looking for a backend, and, unless one was found, why not.
type offerResult struct {
	kind offerKind
	why  fallback.Decision
}

// offerNext offers the connection to backends that it was not offered to yet, one after the other,
// until one was sent the first byte. last is why the connection is not adopted so far; it remains
// the answer if there is simply no further backend. queued says that the connection waits in the
// queue already, so nobody is before it.
func (t *transfer) offerNext(last fallback.Decision, queued bool) offerResult {
	s := t.b.service(t.request.Service)
	if s == nil || s.disabled {
		return offerResult{offerRefused, fallback.Decision{Reason: fallback.ServicePolicyDisabled}}
	}
	if len(t.tried) == 0 && !queued && s.queue.hasNewcomers() {
		return offerResult{offerWaits, fallback.Decision{Reason: fallback.FDPressureDisabled}}
	}
	var busy []*link // at this look
	for len(t.tried) < t.b.o.Attempts {
		now := time.Now()
		if !t.until.IsZero() && now.Add(s.deadline).After(t.until) {
			break // the client would have stopped waiting before the deadline
		}
		picked := s.pick(t.tried, busy, t.b.limiter, now)
		if picked.link == nil {
			if last.Reason == 0 || picked.why.Reason != fallback.BackendGone {
				last = picked.why
			}
			if picked.full || len(busy) > 0 {
				return offerResult{offerWaits, last}
			}
			break
		}
		sent, why := t.offerTo(picked.link)
		switch sent {
		case offerSent:
			return offerResult{kind: offerMade}
		case retryLater:
			busy = append(busy, picked.link)
		case giveUp:
			return offerResult{offerRefused, why}
		}
		last = why
	}
	return offerResult{offerRefused, last}
}

// offerTo offers the connection on one link. Once it is sent the transfer is the link's, and the
// caller must not touch it; so the state changes before. Where no byte was sent nobody has a copy,
// and the connection can be offered elsewhere at once.
func (t *transfer) offerTo(l *link) (sendResult, fallback.Decision) {
	t.tried = append(t.tried, l)
	a, why := l.newAttempt(t.conn, t, t.request.ClientAddress)
	if a == nil {
		return giveUp, why
	}
	if !t.advance(OpSendOffer) {
		l.service.registry.Abandon(a.token)
		a.trace(OpAbandon, nil)
		return giveUp, fallback.Decision{Reason: fallback.PermissionDenied}
	}
	t.latest = a
	sent, why := a.offer(&t.request, t.ready)
	if sent == offerSent {
		return sent, why
	}
	t.advance(OpAbandon)
	t.advance(OpSettle)
	if sent == retryLater {
		t.tried = t.tried[:len(t.tried)-1]
	}
	return sent, why
}

// offerSoon is offerNext, but waits for a backend that is busy: often it is only that the broker's
// own reader has not come to the ACKs yet.
func (t *transfer) offerSoon(ctx context.Context, last fallback.Decision) offerResult {
	r := t.offerNext(last, false)
	if r.kind == offerWaits {
		return t.offerLater(ctx, r.why)
	}
	return r
}

// offerLater waits in the service's queue until a backend takes the connection, the patience of
// its client ends, ctx ends or Shutdown begins. It never returns offerWaits.
func (t *transfer) offerLater(ctx context.Context, last fallback.Decision) offerResult {
	timer := time.NewTimer(t.patience())
	defer timer.Stop()
	for {
		var r offerResult
		if w := t.b.joinQueue(t.request.Service, len(t.tried) == 0); w != nil {
			r = t.awaitTurn(ctx, timer.C, w, last)
			w.leave()
		} else { // no backend, so none is busy
			r = t.offerNext(last, true)
		}
		if r.kind != offerWaits {
			return r
		}
		last = r.why // the queue closed, and there is a new backend with a new one
	}
}

// awaitTurn looks for a backend whenever w is told to. It returns offerWaits if the queue closed.
func (t *transfer) awaitTurn(ctx context.Context, patience <-chan time.Time, w *waiter, last fallback.Decision) offerResult {
	for {
		select {
		case <-w.wake:
			r := t.offerNext(last, true)
			if r.kind != offerWaits || w.queueClosed() {
				return r
			}
			last = r.why
		case <-patience:
			return offerResult{offerRefused, last}
		case <-ctx.Done():
			return offerResult{offerRefused, last}
		case <-t.b.closing.Done():
			return offerResult{offerRefused, last}
		}
	}
}

// patience returns how long the connection waits for a busy backend. Clients that have a fallback
// wait only SettleTimeout; a plain client would be disconnected, so it waits as long as an explicit
// one is told to wait for everything.
func (t *transfer) patience() time.Duration {
	if !t.ready.IsZero() || t.fromHandoff || t.request.Proxy != "" {
		return t.b.o.SettleTimeout
	}
	return t.b.budget(t.b.service(t.request.Service)) - time.Since(t.began)
}

// picked is the answer of pick: a link, or why there is none.
type picked struct {
	link *link
	full bool // a link that was not tried is busy
	why  fallback.Decision
}

// pick returns the link with the fewest undecided attempts among those that may be sent an offer
// and are neither tried nor busy.
func (s *service) pick(tried, busy []*link, limiter *fallback.Limiter, now time.Time) picked {
	s.mu.Lock()
	defer s.mu.Unlock()
	best := picked{why: fallback.Decision{Reason: fallback.BackendGone}}
	var least int
	for i := range s.links {
		l := s.links[(s.next+i)%len(s.links)]
		if slices.Contains(tried, l) || slices.Contains(busy, l) {
			continue
		}
		pending, capacity := l.load()
		switch capacity {
		case capacityNever:
			continue
		case capacityLater:
			best.full = true
			best.why = fallback.Decision{Reason: fallback.FDPressureDisabled}
			continue
		}
		if limited := limiter.Check(l.key, now); limited.Reason != 0 {
			best.why = limited
			continue
		}
		if best.link == nil || pending < least {
			best.link, least = l, pending
		}
	}
	s.next++
	return best
}
