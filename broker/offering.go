package broker

import (
	"context"
	"time"

	"github.com/handoff-go/handoff/fallback"
)

// offerNext offers the connection to a backend that was not tried yet, and returns true
// if one was: the transfer is its link's from then on. Else p.why says why not, and busy
// that there is a backend which may take it later.
func (p *transfer) offerNext() (offered, busy bool) {
	s := p.b.service(p.request.Service)
	if s == nil || s.disabled {
		p.why = fallback.Decision{Reason: fallback.ServicePolicyDisabled}
		return false, false
	}
	if len(p.tried) == 0 && !p.inLine && s.lined.Load() {
		p.why = fallback.Decision{Reason: fallback.FDPressureDisabled}
		return false, true // others came first
	}
	var skipped []*link // this time
	for len(p.tried) < p.b.o.Attempts {
		now := time.Now()
		if !p.until.IsZero() && now.Add(s.deadline).After(p.until) {
			return false, false // the client would not hear of it
		}
		l, full, why := p.b.pick(s, p.tried, skipped, now)
		if l == nil {
			if p.why.Reason == 0 || why.Reason != fallback.BackendGone {
				p.why = why
			}
			return false, busy || full
		}
		p.tried = append(p.tried, l) // before it is the link's
		sent, why := l.offer(p)
		switch sent {
		case offerSent:
			return true, false
		case retryLater:
			p.tried = p.tried[:len(p.tried)-1]
			skipped = append(skipped, l)
			busy = true
		case giveUpOffer:
			p.why = why
			return false, false
		}
		p.why = why
	}
	return false, false
}

// offerSoon is offerNext, but waits a little for a backend that is busy: it may be the
// broker's own reader that has not come to its ACKs.
func (p *transfer) offerSoon(ctx context.Context) bool {
	offered, busy := p.offerNext()
	if offered || !busy {
		return offered
	}
	return p.offerLater(ctx)
}

// offerLater offers the connection as soon as a backend that is busy may take it, within
// its patience.
func (p *transfer) offerLater(ctx context.Context) bool {
	timer := time.NewTimer(p.patience())
	defer timer.Stop()
	if len(p.tried) == 0 {
		return p.offerInLine(ctx, timer.C)
	}
	for {
		// First wait, then look: room that there is in between is not missed.
		room := p.b.room(p.request.Service)
		if offered, busy := p.offerNext(); offered || !busy {
			return offered
		}
		select {
		case <-room:
		case <-timer.C:
			return false
		case <-ctx.Done():
			return false
		case <-p.b.closing.Done():
			return false
		}
	}
}

// patience returns how long to wait for a backend that is busy. Who has somewhere else to
// go goes there soon; a plain client has not, and would be disconnected: it waits as long
// as an explicit one is told to wait for everything.
func (p *transfer) patience() time.Duration {
	if !p.ready.IsZero() || p.callers || p.request.Proxy != "" {
		return p.b.o.SettleTimeout
	}
	return p.b.budget(p.b.service(p.request.Service)) - time.Since(p.began)
}

// room returns a channel that is closed when a backend of the service has room, or the
// backends have changed.
func (b *Broker) room(name string) <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.services[name]
	if s == nil {
		return nil // no backend is busy, so nobody waits
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.awaited.Store(true)
	if s.room == nil {
		s.room = make(chan struct{})
	}
	return s.room
}

// notifyCapacity wakes those who wait for room: all that were offered elsewhere, and the first in
// line of the others. The caller holds no lock of a link.
func (s *service) notifyCapacity() {
	if !s.awaited.Load() && !s.lined.Load() {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.notifyCapacityLocked()
	s.turnLocked()
}

func (s *service) notifyCapacityLocked() {
	s.awaited.Store(false)
	if s.room != nil {
		close(s.room)
		s.room = nil
	}
}
