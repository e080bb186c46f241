package broker

import (
	"io"
	"time"

	"github.com/handoff-go/handoff/internal/fdpass"
	"github.com/handoff-go/handoff/wire"
)

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

// read reads the link until that is at its end or must be dropped.
func (r *reader) read() {
	defer r.sock.Close()
	err := r.sleep()
	for err == nil {
		var received fdpass.Received
		received, err = r.sock.Recv(r.in.Free())
		switch {
		case err == nil:
			err = r.received(received)
		case timeout(err):
			var ended bool
			if ended, err = r.handleDeadlines(); ended {
				r.end()
				return
			}
			if err == nil {
				err = r.sleep()
			}
		default: // the end, or an error after which nothing can be read
			r.end()
			return
		}
	}
	r.drop(err)
}

// sleep sets when the reader wakes next by itself: at the first deadline of an attempt, or when a
// ping or pong is due. It returns why the link must be dropped instead.
func (r *reader) sleep() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.phase == linkBreaking {
		return r.failure
	}
	r.wakeAt = r.attempts.earliest(r.pings.at)
	return r.sock.SetReadDeadline(r.wakeAt)
}

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

// closeFDs closes descriptors that a backend sent: none has a meaning.
func (r *reader) closeFDs(fds []int) {
	for _, fd := range fds {
		fdpass.Close(fd)
		r.b.ledger.Closed(fdpass.FromLink)
	}
}

// garbledError says that a stream cannot be read any further. Whether an ACK is hidden in the rest
// cannot be known.
type garbledError struct{ err error }

func (e *garbledError) Error() string {
	return "broker: the backend's stream cannot be read: " + e.err.Error()
}
func (e *garbledError) Unwrap() error { return e.err }

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
