package backend

import (
	"errors"
	"io"
	"os"

	"github.com/handoff-go/handoff/internal/fdpass"
)

// read receives and handles messages until the link has ended. It is the link's only
// reader.
func (l *link) read() {
	err := l.handleReceived() // what came behind the welcome
	for err == nil {
		if err = l.receive(l.sock.Recv); err == nil {
			err = l.handleReceived()
		}
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		err = l.failure() // which woke this goroutine
	}
	if err != io.EOF {
		l.readRest()
	}
	l.end(err)
}

// readRest handles what the broker sent before the link failed. A failed write says nothing
// about what was received: a commit may be in the socket's queue, and then the broker has
// closed its copy and counts the connection as this backend's. If it were left unread this
// backend would close the last copy, and the client would have no owner. Spec: DrainLink.
func (l *link) readRest() {
	var err error
	for err == nil {
		if err = l.receive(l.sock.TryRecv); err == nil {
			err = l.handleReceived()
		}
	}
	if err == io.EOF || err == fdpass.ErrWouldBlock {
		err = nil
	}
	l.trace(OpDrainLink, err, "")
}

// end closes every copy that this backend does not own, and then the link: its end tells
// the broker that none is left, as released does for one. Spec: BackendLinkEnd.
func (l *link) end(why error) {
	l.dropUnowned()
	l.closeFDs(l.unmatchedFDs())
	l.ackers.Wait() // each closes its copy, or owns it
	l.sock.Close()
	if why == io.EOF {
		why = nil
	}
	l.trace(OpLinkEnd, why, "")
	l.listener.log.Info("link ended", "control", l.listener.address.Name, "error", why)
}

// dropUnowned closes every copy that this backend does not own, except those of offers
// whose ACK is being written: the goroutine that writes it closes those. Owned connections
// live on.
func (l *link) dropUnowned() {
	ln := l.listener
	ln.mu.Lock()
	var dropped []*offer
	for _, o := range l.offers {
		if o.advanceLocked(onLinkEnd) == doCloseCopy {
			dropped = append(dropped, o)
		}
	}
	clear(l.offers)
	ln.accepts.clearOffers() // all of them are this link's: there is one link at a time
	ln.mu.Unlock()
	for _, o := range dropped {
		o.closeCopy()
	}
}
