package broker

import (
	"net"
	"sync"
	"time"

	"github.com/handoff-go/handoff/internal/fdpass"
	"github.com/handoff-go/handoff/registry"
	"github.com/handoff-go/handoff/wire"
)

// link is the broker's end of a control connection. It has one reading goroutine, the
// only one that may call its queue empty: see read. Attempts hang on the link that they
// were offered on, and their keys mean nothing on another: an ACK there ends nothing.
type link struct {
	b       *Broker
	id      uint64
	service *service
	peer    registry.Backend
	key     string // of the limiter
	conn    *net.UnixConn
	sock    *fdpass.Link
	lease   bool // else commit only
	limit   int  // of attempts at a time

	// Of the reading goroutine.
	in     *wire.Decoder
	parser wire.Parser
	nonce  uint64    // of the ping that has no pong yet; 0: none
	pingAt time.Time // when the next ping is sent, or this one's pong is due; zero: never
	bye    bool      // the sendBye is sent

	mu        sync.Mutex
	attempts  map[uint64]*attempt // offered, not decided, by correlation id
	unsettled map[uint64]*attempt // decided, and the holder has not let go
	open      bool                // the welcome is sent
	draining  bool                // the backend wants no more offers
	closed    bool                // the broker makes no more offers
	armed     time.Time           // the read deadline; zero: never
	broken    error               // why the reader must drop the link; nil: it need not
	out       []byte              // what could not be written at once
	cut       bool                // nothing can be written any more
	flushing  bool                // a goroutine writes out, so nobody else writes
	partial   *attempt            // the offer that has bytes in out
}

type linkState int

const (
	linkOpen   linkState = iota
	linkFull             // for now
	linkClosed           // for good
)

// load returns how many attempts the link has, and whether it may have another.
func (l *link) load() (int, linkState) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.attempts), l.stateLocked()
}

// A link with an unsettled attempt gets no offers: its backend is stuck. One with bytes
// to be written neither: its backend does not read, and descriptors do not queue.
func (l *link) stateLocked() linkState {
	switch {
	case !l.open || l.closed || l.draining || l.broken != nil:
		return linkClosed
	case len(l.attempts) >= l.limit || len(l.unsettled) > 0 || l.flushing:
		return linkFull
	}
	return linkOpen
}

// claim removes an attempt from the link and returns it, or nil if it is not there, or
// has another token. Whoever takes an attempt decides it, alone.
func (l *link) claim(correlation uint64, token registry.Token) *attempt {
	l.mu.Lock()
	a := l.attempts[correlation]
	if a == nil || !a.token.Equal(token) {
		l.mu.Unlock()
		return nil
	}
	delete(l.attempts, correlation)
	l.mu.Unlock()
	l.service.notifyCapacity()
	return a
}

// unsettle notes that the holder of an attempt, which the caller took, has not let go.
func (l *link) unsettle(a *attempt) {
	l.mu.Lock()
	defer l.mu.Unlock()
	a.settled = make(chan struct{})
	l.unsettled[a.correlation] = a
}

// settle notes that a holder has let go, if it had not. Only the reader calls it.
func (l *link) settle(correlation uint64, token registry.Token) *attempt {
	l.mu.Lock()
	a := l.unsettled[correlation]
	if a == nil || !a.token.Equal(token) {
		l.mu.Unlock()
		return nil
	}
	delete(l.unsettled, correlation)
	l.mu.Unlock()
	close(a.settled)
	l.service.notifyCapacity()
	return a
}

// claimAll claims all attempts that satisfy f.
func (l *link) claimAll(f func(*attempt) bool) []*attempt {
	l.mu.Lock()
	defer l.mu.Unlock()
	var taken []*attempt
	for correlation, a := range l.attempts {
		if f(a) {
			delete(l.attempts, correlation)
			taken = append(taken, a)
		}
	}
	return taken
}

// close stops offers on this link.
func (l *link) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
}

// failLocked asks the reader to drop the link: only the reader may judge what was not
// read yet.
func (l *link) failLocked(err error) {
	if l.broken == nil && !l.closed {
		l.broken = err
		l.armLocked(time.Unix(1, 0))
	}
}

func (l *link) fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.failLocked(err)
}

// armLocked has the reader wake at t, if it would not wake sooner.
func (l *link) armLocked(t time.Time) {
	if l.armed.IsZero() || t.Before(l.armed) {
		l.armed = t
		_ = l.sock.SetReadDeadline(t) // a closed link has no reader to wake
	}
}

// rearm sets when the reader wakes next: at the first deadline of an attempt, or at the
// next ping. It returns why the link must be dropped instead.
func (l *link) rearm() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.broken != nil {
		return l.broken
	}
	next := l.pingAt
	for _, a := range l.attempts {
		if next.IsZero() || a.deadline.Before(next) {
			next = a.deadline
		}
	}
	l.armed = next
	return l.sock.SetReadDeadline(next)
}
