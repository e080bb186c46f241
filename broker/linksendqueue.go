package broker

import (
	"github.com/handoff-go/handoff/internal/fdpass"
)

// maxSendQueue is how many bytes may wait to be written on a link. A backend that leaves so much
// unread loses its link.
const maxSendQueue = 256 << 10

// sendPhase is who may write to a link.
type sendPhase uint8

const (
	sendIdle     sendPhase = iota // nothing waits: whoever has a frame writes it
	sendFlushing                  // something waits: one goroutine writes, all others queue behind
	sendBroken                    // nothing can be written any more
)

// sendQueue is the outgoing side of a link. Frames leave in the order in which they are posted, and
// posting never waits: what the socket does not take is queued, and one flushing goroutine writes
// it. A link that cannot be written is not at its end: what its backend sent can still be read.
// The zero sendQueue with a socket is ready; it is guarded by the lock of its link.
type sendQueue struct {
	sock interface {
		TrySend(b []byte, fd int) (n int, err error)
	}
	phase   sendPhase
	queue   []byte
	partial *attempt // whose offer is partly written, the rest in queue
}

// post sends a frame. flush says that the caller must start the flushing goroutine. An error says
// why the link must be dropped; it comes once, and afterwards frames are thrown away.
func (q *sendQueue) post(frame []byte) (flush bool, err error) {
	switch q.phase {
	case sendBroken:
		return false, nil
	case sendFlushing:
		q.queue = append(q.queue, frame...)
		if len(q.queue) > maxSendQueue {
			q.fail()
			return false, errCongested
		}
		return false, nil
	}
	n, err := q.sock.TrySend(frame, -1)
	if n == len(frame) {
		return false, nil
	}
	if err != nil && err != fdpass.ErrWouldBlock {
		q.fail()
		return false, err
	}
	q.queue, q.phase = append(q.queue, frame[n:]...), sendFlushing
	return true, nil
}

// postOffer sends the first bytes of an offer with its descriptor, and reports whether that was the
// whole; otherwise the caller must flush. With an error nothing was sent. The queue must be idle:
// a descriptor goes with the first byte of its frame, so it cannot be queued.
func (q *sendQueue) postOffer(a *attempt, frame []byte, fd int) (whole bool, err error) {
	n, err := q.sock.TrySend(frame, fd)
	if n == 0 {
		if isBrokenPipe(err) {
			q.fail()
		}
		return false, err
	}
	if n < len(frame) {
		q.queue, q.phase, q.partial = append(q.queue, frame[n:]...), sendFlushing, a
	}
	return n == len(frame), nil
}

// next takes what is to be written now. With nothing left the queue is idle, and the flushing
// goroutine must end.
func (q *sendQueue) next() []byte {
	waiting := q.queue
	q.queue = nil
	if len(waiting) == 0 && q.phase == sendFlushing {
		q.phase = sendIdle
	}
	return waiting
}

// written notes what came of writing what next returned, and returns the attempt whose offer is
// written to its end by it, if any. The rest of an offer is always within the first write.
func (q *sendQueue) written(err error) *attempt {
	a := q.partial
	q.partial = nil
	if err != nil {
		q.fail()
		return nil
	}
	return a
}

func (q *sendQueue) fail() { q.queue, q.phase = nil, sendBroken }
