package backend

import (
	"time"

	"github.com/handoff-go/handoff/internal/fdpass"
	"github.com/handoff-go/handoff/wire"
)

// pressureLasts is how long a broker should spare a backend that has no descriptors left.
const pressureLasts = 100 * time.Millisecond

// sendReleased tells the broker that this backend has no copy of the connection. It must be
// so: on released the broker offers the connection to the next backend, and if that one
// died while a copy is open here, the client would wait on a connection that nobody
// serves. Spec: SendReleased.
func (o *offer) sendReleased() {
	m := wire.Released(o.wireID())
	err := o.link.write(&m) // a failure wakes the reader
	o.trace(OpSendReleased, err)
}

// nack rejects an offer whose copy is closed, or never came. Why may be nil.
func (o *offer) nack(reason wire.Reason, why error) {
	m := wire.Ack{Reason: reason}
	if why != nil {
		m.Detail = why.Error()
	}
	o.sendNack(m)
}

// nackWithoutFD rejects an offer that came without its descriptor. The buffer for
// descriptors holds more than one message can carry, so if the kernel truncated them, this
// process had none left.
func (o *offer) nackWithoutFD(truncated bool) {
	m := wire.Ack{Reason: wire.ReasonDescriptorMissing}
	if truncated {
		m = wire.Ack{Reason: wire.ReasonFDPressureDisabled, RetryAfter: pressureLasts, Detail: errNoDescriptors.Error()}
	}
	o.sendNack(m)
}

// sendNack rejects an offer once its copy is closed, for the reason that sendReleased
// gives. Spec: SendNack.
func (o *offer) sendNack(m wire.Ack) {
	m.Token, m.CorrelationID = o.token, o.correlation
	o.link.listener.count(func(c *counts) { c.rejected++ })
	err := o.link.write(&m)
	o.trace(OpSendNack, err)
}

// pong answers a ping with a reading of the kernel's clock: this process runs.
func (l *link) pong(m *wire.Ping) error {
	clock, err := fdpass.Clock()
	if err != nil {
		return err
	}
	return l.write(&wire.Pong{Nonce: m.Nonce, Clock: uint64(clock)})
}
