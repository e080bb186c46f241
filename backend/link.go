package backend

import (
	"sync"
	"time"

	"github.com/handoff-go/handoff/internal/fdpass"
	"github.com/handoff-go/handoff/wire"
)

// link is the backend's end of a control connection. One goroutine reads it. Any goroutine
// may write to it: a message at a time, whole, and within WriteTimeout.
type link struct {
	listener *Listener
	id       uint64
	sock     *fdpass.Link
	lease    bool // an ACK inside the lease makes an owner; else only a commit does

	// Of the reading goroutine.
	in        *wire.Decoder
	parser    wire.Parser
	unmatched []fdBatch

	ackers sync.WaitGroup // goroutines that write an ACK, except the reader

	// Under listener.mu.
	offers map[uint64]*offer // by correlation id, until they are done
	broken error             // why the reader must end the link; nil: it need not
}

// write sends one message. If that fails, or is not done within WriteTimeout, the link
// ends: a broker that does not read costs itself its link, and this backend nothing else.
func (l *link) write(m wire.Message) error {
	_, err := l.sock.SendAll(m.Append(nil), -1, time.Now().Add(l.listener.o.WriteTimeout))
	if err != nil {
		l.fail(err)
	}
	return err
}

// fail makes the reader end the link. It does not close it: only the reader knows what was
// received and not handled yet. See readRest.
func (l *link) fail(err error) {
	l.listener.mu.Lock()
	if l.broken == nil {
		l.broken = err
	}
	l.listener.mu.Unlock()
	_ = l.sock.SetReadDeadline(time.Unix(1, 0))
}

// failure returns the first error that fail was given.
func (l *link) failure() error {
	l.listener.mu.Lock()
	defer l.listener.mu.Unlock()
	return l.broken
}
