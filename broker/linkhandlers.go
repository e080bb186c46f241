package broker

import (
	"time"

	"github.com/handoff-go/handoff/internal/fdpass"
	"github.com/handoff-go/handoff/registry"
	"github.com/handoff-go/handoff/wire"
)

// One handler per message that a backend sends.

// handle acts on one message, which was read at now.
func (r *reader) handle(m wire.Message, now time.Time) error {
	switch m := m.(type) {
	case *wire.Ack:
		if m.Accepted {
			r.readAck(m, now)
		} else {
			r.readNack(m, now)
		}
	case *wire.Released:
		r.readReleased(m)
	case *wire.Pong:
		r.pings.pong(m.Nonce, now)
	case *wire.Ping:
		clock, _ := fdpass.Clock() // New has read it, so it can be read
		r.send(&wire.Pong{Nonce: m.Nonce, Clock: uint64(clock)})
	case *wire.Draining:
		r.advance(linkDrainRequested)
	case *wire.Bye:
		r.b.log.Debug("backend says bye", "service", r.service.name, "pid", r.peer.PID, "reason", m.Reason, "detail", m.Detail)
		r.advance(linkDrainRequested)
	default:
		return errMessage
	}
	return nil
}

// readAck claims the attempt that an ACK is for. An ACK for an attempt that has ended, or never was
// on this link, gets no answer and ends nothing: a backend that must close its copy was told so when the
// attempt ended, and one that was acknowledged owns the connection, however often it says so. There
// is no fence either: meanwhile the connection may have been offered to another backend, which owns
// it, and a fence would end that owner's connection. Spec: ReadAck, EndedAck.
func (r *reader) readAck(m *wire.Ack, now time.Time) {
	a := r.claim(m.CorrelationID, m.Token)
	if a == nil {
		r.trace(OpReadAck, registry.ErrNotPending, "")
		return
	}
	a.trace(OpReadAck, nil)
	r.service.queue.notifyCapacity()
	a.acknowledge(now)
}

// readNack claims the attempt that a NACK rejects. One for an attempt that expired while the NACK
// was on its way says that its holder has closed its copy. Spec: ReadNack.
func (r *reader) readNack(m *wire.Ack, now time.Time) {
	a := r.claim(m.CorrelationID, m.Token)
	if a == nil {
		r.settle(OpReadNack, m.CorrelationID, m.Token)
		return
	}
	a.trace(OpReadNack, nil)
	r.service.queue.notifyCapacity()
	a.reject(m, now)
}

// readReleased notes that a holder has closed its copy. Spec: ReadReleased.
func (r *reader) readReleased(m *wire.Released) {
	r.settle(OpReadReleased, m.CorrelationID, m.Token)
}

// settle ends the wait for the holder of an attempt; step is what was read from it. Whoever waits
// goes on only when the step is traced: otherwise it would trace Settle, and offer the connection
// again, before the step that allows it. It knows of the step at once, though, so that however long
// the trace takes it does not give up waiting.
func (r *reader) settle(step Op, correlation uint64, token registry.Token) {
	r.mu.Lock()
	a := r.attempts.settle(correlation, token)
	r.mu.Unlock()
	switch {
	case a == nil:
		r.trace(step, nil, "of no attempt")
		return
	case step == OpReadNack:
		r.trace(step, nil, "") // it rejects nothing: its attempt has ended
	default:
		a.trace(step, nil)
	}
	close(a.settledTraced)
	r.service.queue.notifyCapacity()
}

// sendBye tells a draining backend that nothing more will come, as soon as nothing is pending or
// unsettled on its link. Only the reader says so: it has sent every commit by then.
func (r *reader) sendBye() {
	r.mu.Lock()
	due := r.attempts.isEmpty() && r.advanceLocked(linkAllDecided)
	r.mu.Unlock()
	if due {
		r.send(&wire.Bye{Reason: wire.ByeClosing})
	}
}
