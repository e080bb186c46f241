package broker

import (
	"github.com/handoff-go/handoff/internal/fdpass"
)

// maxOutbox is how many bytes may wait to be written on a link. A backend that leaves so much
// unread loses its link.
const maxOutbox = 256 << 10

// outboxPhase is who may write to a link.
type outboxPhase uint8

const (
	outboxIdle     outboxPhase = iota // nothing waits: whoever has a frame writes it
	outboxFlushing                    // something waits: one goroutine writes, all others queue behind
	outboxBroken                      // nothing can be written any more
)

// outbox is the outgoing side of a link. Frames leave in the order in which they are posted, and
// posting never waits: what the socket does not take is queued, and one flushing goroutine writes
// it. A link that cannot be written is not at its end: what its backend sent can still be read.
// The zero outbox with a socket is ready; it is guarded by the lock of its link.
type outbox struct {
	sock interface {
		TrySend(b []byte, fd int) (n int, err error)
	}
	phase   outboxPhase
	queue   []byte
	partial *attempt // whose offer is partly written, the rest in queue
}

// post sends a frame. flush says that the caller must start the flushing goroutine. An error says
// why the link must be dropped; it comes once, and afterwards frames are thrown away.
func (o *outbox) post(frame []byte) (flush bool, err error) {
	switch o.phase {
	case outboxBroken:
		return false, nil
	case outboxFlushing:
		o.queue = append(o.queue, frame...)
		if len(o.queue) > maxOutbox {
			o.fail()
			return false, errCongested
		}
		return false, nil
	}
	n, err := o.sock.TrySend(frame, -1)
	if n == len(frame) {
		return false, nil
	}
	if err != nil && err != fdpass.ErrWouldBlock {
		o.fail()
		return false, err
	}
	o.queue, o.phase = append(o.queue, frame[n:]...), outboxFlushing
	return true, nil
}

// postOffer sends the first bytes of an offer with its descriptor, and reports whether that was the
// whole; otherwise the caller must flush. With an error nothing was sent. The outbox must be idle:
// a descriptor goes with the first byte of its frame, so it cannot be queued.
func (o *outbox) postOffer(a *attempt, frame []byte, fd int) (whole bool, err error) {
	n, err := o.sock.TrySend(frame, fd)
	if n == 0 {
		if isBrokenPipe(err) {
			o.fail()
		}
		return false, err
	}
	if n < len(frame) {
		o.queue, o.phase, o.partial = append(o.queue, frame[n:]...), outboxFlushing, a
	}
	return n == len(frame), nil
}

// next takes what is to be written now. With nothing left the outbox is idle, and the flushing
// goroutine must end.
func (o *outbox) next() []byte {
	waiting := o.queue
	o.queue = nil
	if len(waiting) == 0 && o.phase == outboxFlushing {
		o.phase = outboxIdle
	}
	return waiting
}

// written notes what came of writing what next returned, and returns the attempt whose offer is
// written to its end by it, if any. The rest of an offer is always within the first write.
func (o *outbox) written(err error) *attempt {
	a := o.partial
	o.partial = nil
	if err != nil {
		o.fail()
		return nil
	}
	return a
}

func (o *outbox) fail() { o.queue, o.phase = nil, outboxBroken }
