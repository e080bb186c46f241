package backend

import "github.com/handoff-go/handoff/internal/fdpass"

// fdBatch are the descriptors that one read brought, with the bytes that it read.
type fdBatch struct {
	before, after uint64 // those bytes, as offsets in the stream
	fds           []int
	truncated     bool // there was no room for more
}

// receive reads once, with Recv or TryRecv, and keeps the descriptors until the message
// that they came with is whole.
func (l *link) receive(recv func([]byte) (fdpass.Received, error)) error {
	room := l.in.Free()
	r, err := recv(room)
	if err != nil {
		return err
	}
	before := l.in.Received()
	l.in.Advance(r.N)
	if len(r.FDs) > 0 || r.Truncated {
		l.unmatched = append(l.unmatched, fdBatch{before, l.in.Received(), r.FDs, r.Truncated})
	}
	return nil
}

// matchFDs returns the descriptors that came with the first byte of the frame at
// [start, end). The kernel ends a read behind the bytes that descriptors were sent with,
// so the read that brought them ended within the frame. Those that came earlier, or with
// the middle of the frame, belong to no offer and are closed: if they were kept for the
// next offer, a client's connection would be served as another's.
func (l *link) matchFDs(start, end uint64) (found fdBatch) {
	for len(l.unmatched) > 0 && l.unmatched[0].after <= end {
		batch := l.unmatched[0]
		l.unmatched = l.unmatched[1:]
		if batch.before <= start && start < batch.after && found.after == 0 {
			found = batch
		} else {
			l.closeFDs(batch.fds)
		}
	}
	return found
}

// unmatchedFDs takes the descriptors whose message never became whole.
func (l *link) unmatchedFDs() []int {
	var fds []int
	for _, batch := range l.unmatched {
		fds = append(fds, batch.fds...)
	}
	l.unmatched = nil
	return fds
}

// closeFDs closes descriptors that belong to no offer.
func (l *link) closeFDs(fds []int) {
	for _, fd := range fds {
		l.listener.closeFD(fd)
	}
}
