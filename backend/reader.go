package backend

import (
	"io"

	"github.com/handoff-go/handoff/internal/fdpass"
	"github.com/handoff-go/handoff/wire"
)

// read is the one reader of the link, until the link is over.
func (l *link) read() {
	err := l.handleAll() // what came behind the welcome
	for err == nil {
		if err = l.receive(l.sock.Recv); err == nil {
			err = l.handleAll()
		}
	}
	if timeout(err) {
		err = l.failure()
	}
	if err != io.EOF {
		l.drain()
	}
	l.end(err)
}

// drain reads what the broker had said before the link failed: a commit that is in the
// queue counts. Spec: DrainLink.
func (l *link) drain() {
	var err error
	for err == nil {
		if err = l.receive(l.sock.TryRecv); err == nil {
			err = l.handleAll()
		}
	}
	if err == io.EOF || err == fdpass.ErrWouldBlock {
		err = nil
	}
	l.trace(OpDrainLink, err, "")
}

// end closes what is held and not owned, and then the link: its end tells the broker that
// nothing is held. Spec: CloseCopy, LinkEnd.
func (l *link) end(why error) {
	l.lose()
	l.refuse(l.takeArrived())
	l.ackers.Wait() // each closes what it holds, unless it owns it
	l.sock.Close()
	if why == io.EOF {
		why = nil
	}
	l.trace(OpLinkEnd, why, "")
	l.listener.log.Info("link ended", "control", l.listener.address.Name, "error", why)
}

// lose closes what is held and not owned. An owner serves on.
func (l *link) lose() {
	ln := l.listener
	ln.mu.Lock()
	var lost []*offer
	for correlation, o := range l.offers {
		delete(l.offers, correlation)
		switch o.phase {
		case acking:
			if o.verdict == 0 { // what the broker had said counts
				o.verdict = linkDied
			}
		case queued, uncertain:
			lost = append(lost, o)
		}
	}
	// The queue has this link's offers only, and they were all just taken.
	ln.queue = nil
	ln.counts.lost += uint64(len(lost))
	ln.mu.Unlock()
	for _, o := range lost {
		o.closeCopy()
	}
}

// handleAll acts on every message that is whole. An error ends the link.
func (l *link) handleAll() error {
	for {
		frame, at, err := l.in.Next()
		if err == wire.ErrIncomplete {
			return nil
		}
		if err != nil {
			return err
		}
		came := l.match(at, l.in.Offset())
		m, err := l.parser.Parse(frame)
		if err != nil {
			l.refuse(came.fds)
			return err
		}
		if err := l.handle(m, came); err != nil {
			return err
		}
	}
}

// handle acts on one message.
func (l *link) handle(m wire.Message, came arrived) error {
	if m, ok := m.(*wire.Offer); ok {
		return l.readOffer(m, came)
	}
	l.refuse(came.fds)
	switch m := m.(type) {
	case *wire.Commit:
		return l.readCommit(m)
	case *wire.Revoke:
		return l.readRevoke(m)
	case *wire.Ping:
		_ = l.pong(m) // a failure wakes this goroutine
		return nil
	case *wire.Pong:
		return nil
	case *wire.Bye:
		l.listener.log.Info("broker says bye", "reason", m.Reason, "detail", m.Detail)
		return io.EOF // nothing follows
	}
	return errMessage
}
