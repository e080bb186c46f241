package broker

import (
	"io"
	"time"

	"github.com/handoff-go/handoff/internal/fdpass"
	"github.com/handoff-go/handoff/wire"
)

// read is the one reader of a link, until the link is over. It acts on each message by
// itself and never waits to write.
func (l *link) read() {
	defer l.sock.Close()
	err := l.rearm()
	for err == nil {
		var received fdpass.Received
		received, err = l.sock.Recv(l.in.Free())
		switch {
		case err == nil:
			err = l.received(received)
		case timeout(err):
			var over bool
			if over, err = l.handleDeadlines(); over {
				l.end()
				return
			}
			if err == nil {
				err = l.rearm()
			}
		default: // the end, or an error that leaves no more to be read
			l.end()
			return
		}
	}
	l.drop(err)
}

// received takes what one read brought, and every message that is whole by now. An
// error says that the stream cannot be read any further.
func (l *link) received(r fdpass.Received) error {
	now := time.Now() // an ACK is observed after it was read
	l.closeFDs(r.FDs)
	l.in.Advance(r.N)
	for {
		frame, _, err := l.in.Next()
		if err == wire.ErrIncomplete {
			l.sendBye()
			return nil
		}
		if err != nil {
			return &garbledError{err}
		}
		m, err := l.parser.Parse(frame)
		if err != nil {
			return &garbledError{err}
		}
		if err := l.handle(m, now); err != nil {
			return &garbledError{err}
		}
	}
}

// handle acts on one message.
func (l *link) handle(m wire.Message, now time.Time) error {
	switch m := m.(type) {
	case *wire.Ack:
		if m.Accepted {
			l.readAck(m, now)
		} else {
			l.readNack(m, now)
		}
	case *wire.Released:
		l.readReleased(m)
	case *wire.Pong:
		l.readPong(m, now)
	case *wire.Ping:
		clock, _ := fdpass.Clock()
		l.send(&wire.Pong{Nonce: m.Nonce, Clock: uint64(clock)})
	case *wire.Draining:
		l.drain()
	case *wire.Bye:
		l.b.log.Debug("backend says bye", "service", l.service.name, "pid", l.peer.PID, "reason", m.Reason, "detail", m.Detail)
		l.drain()
	default:
		return errMessage
	}
	return nil
}

// closeFDs closes descriptors that a backend sent: none has a meaning.
func (l *link) closeFDs(fds []int) {
	for _, fd := range fds {
		fdpass.Close(fd)
		l.b.ledger.Closed(fdpass.FromLink)
	}
}

// garbledError says that a stream cannot be read any further: what an ACK would be
// cannot be known.
type garbledError struct{ err error }

func (e *garbledError) Error() string {
	return "broker: the backend's stream cannot be read: " + e.err.Error()
}
func (e *garbledError) Unwrap() error { return e.err }

// What a drain came to.
const (
	drainEmpty   = iota // the queue was empty
	drainEnd            // the end of the stream
	drainGarbled        // the stream cannot be read
	drainFlooded        // there is always more
)

// What a drain reads before it gives up: more bytes than a queue can hold, or so many
// reads in more time than that takes. Time alone says nothing: the process may have been
// stopped.
const (
	drainLimit = 4 << 20
	drainReads = 10000
	drainTime  = 250 * time.Millisecond
)

// readQueue reads the link until its queue is empty, and acts on all of it. Spec: Drain.
func (l *link) readQueue() (int, error) {
	began := time.Now()
	left := drainLimit
	for reads := 0; left > 0 && (reads < drainReads || time.Since(began) < drainTime); reads++ {
		received, err := l.sock.TryRecv(l.in.Free())
		switch {
		case err == fdpass.ErrWouldBlock:
			l.trace(OpDrain, nil, "")
			return drainEmpty, nil
		case err == io.EOF:
			l.trace(OpDrain, nil, "end")
			return drainEnd, nil
		case err != nil:
			l.trace(OpDrain, err, "")
			return drainEnd, nil
		}
		left -= received.N
		if err := l.received(received); err != nil {
			l.trace(OpDrain, err, "")
			return drainGarbled, err
		}
	}
	l.trace(OpDrain, errFlooded, "")
	return drainFlooded, errFlooded
}
