package broker

import (
	"io"
	"time"

	"github.com/handoff-go/handoff/internal/fdpass"
	"github.com/handoff-go/handoff/wire"
)

// received handles what one read brought: every message that is whole by now. An error says that
// the stream cannot be read any further.
func (r *reader) received(chunk fdpass.Received) error {
	now := time.Now() // behind the read: an ACK counts by when it was seen
	r.closeFDs(chunk.FDs)
	r.in.Advance(chunk.N)
	for {
		frame, _, err := r.in.Next()
		if err == wire.ErrIncomplete {
			r.sendBye()
			return nil
		}
		if err != nil {
			return &garbledError{err}
		}
		m, err := r.parser.Parse(frame)
		if err != nil {
			return &garbledError{err}
		}
		if err := r.handle(m, now); err != nil {
			return &garbledError{err}
		}
	}
}

// queueState is what reading a link's queue came to.
type queueState uint8

const (
	queueEmpty   queueState = iota + 1 // everything that had arrived is handled
	queueEnded                         // so is everything that will ever arrive
	queueGarbled                       // the stream cannot be read
	queueFlooded                       // there is always more
)

// When reading the queue is given up: after more bytes than a queue can hold, or after so many reads
// that took longer than those need. Time alone says nothing: the process may have been stopped.
const (
	queueMaxBytes = 4 << 20
	queueMaxReads = 10000
	queueMaxTime  = 250 * time.Millisecond
)

// readQueue reads the link until its queue is empty, and handles all of it. Spec: Drain.
func (r *reader) readQueue() (queueState, error) {
	began := time.Now()
	left := queueMaxBytes
	for reads := 0; left > 0 && (reads < queueMaxReads || time.Since(began) < queueMaxTime); reads++ {
		chunk, err := r.sock.TryRecv(r.in.Free())
		switch {
		case err == fdpass.ErrWouldBlock:
			r.trace(OpDrain, nil, "")
			return queueEmpty, nil
		case err == io.EOF:
			r.trace(OpDrain, nil, "end")
			return queueEnded, nil
		case err != nil:
			r.trace(OpDrain, err, "")
			return queueEnded, nil
		}
		left -= chunk.N
		if err := r.received(chunk); err != nil {
			r.trace(OpDrain, err, "")
			return queueGarbled, err
		}
	}
	r.trace(OpDrain, errFlooded, "")
	return queueFlooded, errFlooded
}
