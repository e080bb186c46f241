package backend

import (
	"errors"
	"os"
	"sync"
	"time"

	"github.com/handoff-go/handoff/internal/fdpass"
	"github.com/handoff-go/handoff/wire"
)

// link is the backend's end of a control connection. One goroutine reads it; whoever has
// something to say writes it, a whole message at a time and with a short deadline for it.
type link struct {
	listener *Listener
	id       uint64
	sock     *fdpass.Link
	lease    bool // else commit only

	// Of the reading goroutine.
	in      *wire.Decoder
	parser  wire.Parser
	arrived []arrived

	ackers sync.WaitGroup // goroutines that write an ACK, besides the reader

	// Under listener.mu.
	offers map[uint64]*offer // by correlation id; an owned one until its commit
	broken error             // why the reader must end the link
}

// arrived are descriptors that came with bytes of the stream, and are not matched with
// an offer yet.
type arrived struct {
	before, after uint64 // which bytes
	fds           []int
	truncated     bool
}

// receive reads once, with Recv or TryRecv, and keeps descriptors with the bytes that
// they came with.
func (l *link) receive(recv func([]byte) (fdpass.Received, error)) error {
	room := l.in.Free()
	r, err := recv(room)
	if err != nil {
		return err
	}
	before := l.in.Received()
	l.in.Advance(r.N)
	if len(r.FDs) > 0 || r.Truncated {
		l.arrived = append(l.arrived, arrived{before, l.in.Received(), r.FDs, r.Truncated})
	}
	return nil
}

// match takes the descriptors that came with the first byte of the frame at [at, end).
// The read that brought them ended within the frame, and the frame began in that read.
// All that came earlier, or with a frame's middle, belongs to no offer and is closed.
func (l *link) match(at, end uint64) (found arrived) {
	for len(l.arrived) > 0 && l.arrived[0].after <= end {
		a := l.arrived[0]
		l.arrived = l.arrived[1:]
		if a.before <= at && at < a.after && found.after == 0 {
			found = a
		} else {
			l.refuse(a.fds)
		}
	}
	return found
}

func (l *link) takeArrived() []int {
	var fds []int
	for _, a := range l.arrived {
		fds = append(fds, a.fds...)
	}
	l.arrived = nil
	return fds
}

// refuse closes descriptors that no offer came with.
func (l *link) refuse(fds []int) {
	for _, fd := range fds {
		l.listener.closeFD(fd)
	}
}

// write sends a message whole. If that fails the link is over: a broker that does not
// read costs its link.
func (l *link) write(m wire.Message) error {
	_, err := l.sock.SendAll(m.Append(nil), -1, time.Now().Add(l.listener.o.WriteTimeout))
	if err != nil {
		l.fail(err)
	}
	return err
}

// fail has the reader end the link: only the reader may judge what was not read yet.
func (l *link) fail(err error) {
	l.listener.mu.Lock()
	if l.broken == nil {
		l.broken = err
	}
	l.listener.mu.Unlock()
	_ = l.sock.SetReadDeadline(time.Unix(1, 0))
}

// failure returns why the link must be ended.
func (l *link) failure() error {
	l.listener.mu.Lock()
	defer l.listener.mu.Unlock()
	return l.broken
}

// pong answers a ping: this backend is not frozen.
func (l *link) pong(m *wire.Ping) error {
	clock, err := fdpass.Clock()
	if err != nil {
		return err
	}
	return l.write(&wire.Pong{Nonce: m.Nonce, Clock: uint64(clock)})
}

func timeout(err error) bool { return errors.Is(err, os.ErrDeadlineExceeded) }
