package broker

import (
	"time"

	"github.com/handoff-go/handoff/wire"
)

// send posts a control message on the link, without waiting.
func (l *link) send(m wire.Message) {
	buffer := l.b.buffer()
	defer l.b.buffers.Put(buffer)
	*buffer = m.Append((*buffer)[:0])
	l.mu.Lock()
	flush := l.postLocked(*buffer)
	l.mu.Unlock()
	if flush {
		l.flush()
	}
}

// sendWelcome is send of the first message of a link, behind which offers may follow: no offer can
// be posted before it, because both are one step under the lock.
func (l *link) sendWelcome(m *wire.Welcome) {
	l.mu.Lock()
	flush := l.postLocked(m.Append(nil))
	l.advanceLocked(linkWelcomed)
	l.mu.Unlock()
	if flush {
		l.flush()
	}
	l.service.queue.notifyCapacity()
}

func (l *link) postLocked(frame []byte) (flush bool) {
	flush, err := l.out.post(frame)
	if err != nil {
		l.failLocked(err)
	}
	return flush
}

// flush starts the goroutine that writes what waits. Only who made the queue flush calls it.
func (l *link) flush() {
	l.b.readers.Add(1)
	go func() {
		defer l.b.readers.Done()
		for l.flushOnce() {
		}
	}()
}

// flushOnce writes what waits now, with one deadline for all of it, and reports whether there may
// be more.
func (l *link) flushOnce() bool {
	l.mu.Lock()
	waiting, s := l.out.next(), l.service
	l.mu.Unlock()
	if len(waiting) == 0 {
		if s != nil { // there is none before the hello
			s.queue.notifyCapacity()
		}
		return false
	}
	_, err := l.sock.SendAll(waiting, -1, time.Now().Add(l.b.o.Handshake))
	l.mu.Lock()
	written := l.out.written(err)
	if err != nil {
		l.failLocked(err)
	}
	l.mu.Unlock()
	if written != nil {
		written.trace(OpOfferWritten, nil)
	}
	return err == nil
}
