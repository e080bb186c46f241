package broker

import (
	"github.com/handoff-go/handoff/internal/fdpass"
)

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
