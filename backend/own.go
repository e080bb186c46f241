package backend

import (
	"errors"

	"github.com/handoff-go/handoff/internal/passing"
	"github.com/handoff-go/handoff/wire"
)

// own makes a connection of an offer that this backend owns. A client that waits for it
// is told ready, before anything else is written. It returns nil, and ends the
// connection, if that cannot be done. Spec: Own, SendReady.
func (o *offer) own() *Conn {
	ln := o.link.listener
	ln.count(func(c *counts) { c.owned++ })
	o.trace(OpOwn, nil)
	if !o.ready.IsZero() {
		err := o.sendReady()
		o.trace(OpSendReady, err)
		if err != nil {
			o.endConn(err)
			return nil
		}
	}
	conn, err := passing.Conn(o.fd)
	if err != nil {
		o.endConn(errors.Join(errClientEnded, err))
		return nil
	}
	ln.ledger.Adopted(passing.FromLink)
	o.fd = -1
	return newConn(conn, o)
}

func (o *offer) sendReady() error {
	m := wire.Ready{Token: o.ready, Accepted: true, CorrelationID: o.correlation}
	frame := m.Append(nil)
	n, err := passing.Write(o.fd, frame)
	if err == nil && n < len(frame) {
		err = errShortReady
	}
	return err
}

// endConn ends a connection that this backend owns and cannot serve.
func (o *offer) endConn(why error) {
	o.link.listener.log.Warn("connection ended", "client", o.info.ClientAddress, "error", why)
	_ = passing.Fence(o.fd)
	o.closeCopy()
}
