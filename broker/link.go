package broker

import (
	"sync"
	"time"

	"github.com/handoff-go/handoff/internal/fdpass"
	"github.com/handoff-go/handoff/registry"
	"github.com/handoff-go/handoff/wire"
)

// linkPhase is where the life of a link stands. after is its only table.
type linkPhase uint8

const (
	linkHandshaking linkPhase = iota // no welcome is sent, so no offer either
	linkOpen                         // offers may be sent
	linkDraining                     // the backend wants no more offers; what it has is decided
	linkDismissed                    // a draining backend was told that nothing more will come
	linkBreaking                     // the reader must drop the link
	linkClosed                       // the reader saw the end of the stream, or drops the link
)

// linkEvent is what changes the phase of a link.
type linkEvent uint8

const (
	linkWelcomed       linkEvent = iota + 1 // the welcome is sent: OpLinkUp
	linkDrainRequested                      // the backend said draining or bye, or rejected an offer so
	linkAllDecided                          // nothing is pending or unsettled on a draining link
	linkFailed                              // a write failed, or Shutdown ends the link
	linkReadingEnded                        // OpLinkEnd or OpDropLink
)

// after returns the phase after an event, and whether the event changes p: others are ignored.
func (p linkPhase) after(e linkEvent) (linkPhase, bool) {
	switch {
	case p == linkHandshaking && e == linkWelcomed:
		return linkOpen, true
	case p == linkOpen && e == linkDrainRequested:
		return linkDraining, true
	case p == linkDraining && e == linkAllDecided:
		return linkDismissed, true
	case p < linkBreaking && e == linkFailed:
		return linkBreaking, true
	case p < linkClosed && e == linkReadingEnded:
		return linkClosed, true
	}
	return p, false
}

// link is the broker's end of a control connection: what any goroutine may do with it. What only
// its one reading goroutine may do is reader's. Attempts belong to the link that they were offered
// on, and their keys mean nothing on another: an ACK there ends nothing.
type link struct {
	b       *shared
	id      uint64
	service *service
	peer    registry.Backend
	key     string // of the limiter
	sock    *fdpass.Link
	lease   bool // else the link is commit only
	limit   int  // how many attempts may be pending

	mu       sync.Mutex
	phase    linkPhase
	failure  error     // why the phase is linkBreaking
	wakeAt   time.Time // when the reader wakes by itself: the read deadline; zero: never
	attempts attemptTable
	out      sendQueue
}

// capacity says whether a link may be sent one more offer.
type capacity uint8

const (
	capacityNow capacity = iota + 1
	capacityLater
	capacityNever
)

// load returns how many attempts are pending, and whether there may be another.
func (l *link) load() (pending int, c capacity) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.attempts.pending), l.capacityLocked()
}

// capacityLocked withholds offers from a link with an unsettled attempt, whose backend is stuck,
// and from one with bytes to be written, whose backend does not read: a descriptor cannot wait
// behind them.
func (l *link) capacityLocked() capacity {
	switch {
	case l.phase != linkOpen:
		return capacityNever
	case len(l.attempts.pending) >= l.limit, len(l.attempts.unsettled) > 0, l.out.phase != sendIdle:
		return capacityLater
	}
	return capacityNow
}

// claim removes a pending attempt from the link and returns it; nil: it is not there, or has another
// token. Whoever claims an attempt decides it, alone. Afterwards the link has capacity again: the
// caller calls notifyCapacity, behind the trace of its step.
func (l *link) claim(correlation uint64, token registry.Token) *attempt {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.attempts.claim(correlation, token)
}

// claimIf claims all pending attempts for which f holds.
func (l *link) claimIf(f func(*attempt) bool) []*attempt {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.attempts.claimIf(f)
}

// claimAll claims all pending attempts.
func (l *link) claimAll() []*attempt { return l.claimIf(func(*attempt) bool { return true }) }

// unsettleDue claims the attempts that are due. They are unsettled from then on.
func (l *link) unsettleDue(clock int64, now time.Time) []*attempt {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.attempts.unsettleDue(clock, now)
}

// forget is for an attempt that is unsettled no longer, because its connection is fenced.
func (l *link) forget(a *attempt) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.attempts.forget(a)
}

// unsettle notes that the holder of a claimed attempt has not closed its copy.
func (l *link) unsettle(a *attempt) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.attempts.unsettle(a)
}

// advance changes the phase, and reports whether it did.
func (l *link) advance(e linkEvent) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.advanceLocked(e)
}

func (l *link) advanceLocked(e linkEvent) (changed bool) {
	l.phase, changed = l.phase.after(e)
	return changed
}

// fail has the reader drop the link, for the first reason that is given: only the reader may judge
// what was not read yet.
func (l *link) fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.failLocked(err)
}

func (l *link) failLocked(err error) {
	if l.advanceLocked(linkFailed) {
		l.failure = err
		l.wakeByLocked(time.Unix(1, 0))
	}
}

// wakeByLocked has the reader wake at t, if it would not wake sooner.
func (l *link) wakeByLocked(t time.Time) {
	if l.wakeAt.IsZero() || t.Before(l.wakeAt) {
		l.wakeAt = t
		_ = l.sock.SetReadDeadline(t) // a closed link has no reader to wake
	}
}

// trace reports a step about the link itself.
func (l *link) trace(op Op, err error, note string) {
	if l.b.o.Trace != nil {
		l.b.o.Trace(Event{Op: op, Link: l.id, Err: err, Note: note})
	}
}

// reader is a link's one reading goroutine. Only it may say that the link's queue is empty, and so
// only it expires attempts: with two readers, one could find the queue empty while the other has an
// ACK in its hands. It acts on each message itself and never waits to write.
type reader struct {
	*link
	broker *Broker
	in     *wire.Decoder
	parser wire.Parser
	pings  pinger
}

// closeFDs closes descriptors that a backend sent: none has a meaning.
func (r *reader) closeFDs(fds []int) {
	for _, fd := range fds {
		fdpass.Close(fd)
		r.b.ledger.Closed(fdpass.FromLink)
	}
}
