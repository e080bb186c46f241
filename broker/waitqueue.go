package broker

import (
	"context"
	"slices"
	"time"
)

// offerInLine waits for a backend that is busy in the line of its service: first come,
// first served, and later arrivals go behind. Only the first one looks for room, and who
// leaves, for whatever reason, calls the next: however many wait, room costs one look.
// That is enough because all in line are equal. Who was offered to a backend before may
// not use every room, and waits elsewhere: see room.
func (p *transfer) offerInLine(ctx context.Context, over <-chan time.Time) bool {
	p.inLine = true
	turn := make(chan struct{}, 1)
	for {
		s := p.b.lineUp(p.request.Service, turn)
		if s == nil { // nobody is busy
			offered, _ := p.offerNext()
			return offered
		}
		offered, again := p.awaitTurn(ctx, over, s, turn)
		s.leave(turn)
		if offered || !again {
			return offered
		}
	}
}

// awaitTurn offers the connection when it is its turn. again says that the line is one of
// a service whose backends are all gone, and there is another line.
func (p *transfer) awaitTurn(ctx context.Context, over <-chan time.Time, s *service, turn <-chan struct{}) (offered, again bool) {
	for {
		select {
		case <-turn:
			offered, busy := p.offerNext()
			if offered || !busy {
				return offered, false
			}
			if s.gone.Load() {
				return false, true
			}
		case <-over:
			return false, false
		case <-ctx.Done():
			return false, false
		case <-p.b.closing.Done():
			return false, false
		}
	}
}

// lineUp puts a channel in the line of a service, and calls it if it is the first: room
// that there was before is not told of again. It returns nil if the service has no
// backend.
func (b *Broker) lineUp(name string, turn chan struct{}) *service {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.services[name]
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.line = append(s.line, turn)
	s.lined.Store(true)
	if len(s.line) == 1 {
		call(turn)
	}
	return s
}

// leave takes a channel out of the line, and calls the next.
func (s *service) leave(turn chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := slices.Index(s.line, turn); i >= 0 {
		s.line = slices.Delete(s.line, i, i+1)
	}
	s.lined.Store(len(s.line) > 0)
	s.turnLocked()
}

// turnLocked calls the first in line.
func (s *service) turnLocked() {
	if len(s.line) > 0 {
		call(s.line[0])
	}
}

// call tells a channel's owner to look. One that has not looked yet needs not be told
// twice.
func call(turn chan struct{}) {
	select {
	case turn <- struct{}{}:
	default:
	}
}
