package broker

import (
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
