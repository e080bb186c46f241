package broker

import (
	"time"

	"github.com/handoff-go/handoff/internal/fdpass"
	"github.com/handoff-go/handoff/wire"
)

// maxOut is how much may wait to be written on a link, in bytes. A backend that leaves
// so much unread loses its link.
const maxOut = 256 << 10

// send writes a control message without waiting. What cannot be written at once waits
// for the flusher, in order. A link that cannot be written is not over: what its backend
// sent can still be read.
func (l *link) send(m wire.Message) {
	buffer := l.b.buffer()
	defer l.b.buffers.Put(buffer)
	*buffer = m.Append((*buffer)[:0])
	l.mu.Lock()
	unwritten := l.sendLocked(*buffer)
	l.mu.Unlock()
	if unwritten {
		l.flush()
	}
}

// begin is send of the first message of a link, behind which there may be offers.
func (l *link) begin(m wire.Message) {
	l.mu.Lock()
	unwritten := l.sendLocked(m.Append(nil))
	l.open = true
	l.mu.Unlock()
	if unwritten {
		l.flush()
	}
	l.service.notifyCapacity()
}

// sendLocked reports whether the caller must flush.
func (l *link) sendLocked(frame []byte) bool {
	if l.cut {
		return false
	}
	if l.flushing {
		if l.out = append(l.out, frame...); len(l.out) > maxOut {
			l.out, l.cut = nil, true
			l.failLocked(errCongested)
		}
		return false
	}
	n, err := l.sock.TrySend(frame, -1)
	if n == len(frame) {
		return false
	}
	if err != nil && err != fdpass.ErrWouldBlock {
		l.cut = true
		l.failLocked(err)
		return false
	}
	l.out = append(l.out, frame[n:]...)
	l.flushing = true
	return true
}

// flush starts the goroutine that writes what waits. Only who set flushing calls it.
func (l *link) flush() {
	l.b.readers.Add(1)
	go func() {
		defer l.b.readers.Done()
		for l.flushOnce() {
		}
	}()
}

// flushOnce writes what waits now, with one deadline for all of it, and reports whether
// there is more.
func (l *link) flushOnce() bool {
	l.mu.Lock()
	waiting := l.out
	l.out = nil
	if len(waiting) == 0 {
		l.flushing = false
		s := l.service
		l.mu.Unlock()
		if s != nil { // there is none before the hello
			s.notifyCapacity()
		}
		return false
	}
	l.mu.Unlock()

	_, err := l.sock.SendAll(waiting, -1, time.Now().Add(l.b.o.Handshake))

	l.mu.Lock()
	written := l.partial
	if l.partial = nil; err != nil {
		written = nil
		l.out = nil
		l.cut = true
		l.failLocked(err)
	}
	l.mu.Unlock()
	if written != nil {
		written.trace(OpOfferWritten, nil)
	}
	return err == nil
}
