package backend

import (
	"errors"

	"github.com/handoff-go/handoff/internal/fdpass"
	"github.com/handoff-go/handoff/internal/ownedconn"
	"github.com/handoff-go/handoff/wire"
)

// own makes this backend serve an offer that it owns, once an Accept has it. A client that
// waits for it is told ready, before anything else is written. If that cannot be done the
// connection is ended, and it returns false. Spec: Own, SendReady.
func (o *offer) own() bool {
	ln := o.link.listener
	ln.count(func(c *counts) { c.owned++ })
	o.trace(OpOwn, nil)
	if !o.ready.IsZero() {
		err := o.sendReady()
		o.trace(OpSendReady, err)
		if err != nil {
			ln.warnEnded(o, err)
			_ = fdpass.ShutdownBoth(o.fd)
			o.closeCopy()
			return false
		}
	}
	ln.ledger.Adopted(fdpass.FromLink)
	return true
}

func (o *offer) sendReady() error {
	m := wire.Ready{Token: o.ready, Accepted: true, CorrelationID: o.correlation}
	frame := m.Append(nil)
	n, err := fdpass.TryWrite(o.fd, frame)
	if err == nil && n < len(frame) {
		err = errShortReady
	}
	return err
}

// serve returns the connection of an offer that this backend owns. If it cannot, or the
// listener is closed before, the connection is ended, and it returns nil.
func (o *offer) serve() *Conn {
	ln := o.link.listener
	conn, err := ownedconn.Open(o.fd, ln.closing.Done(), ln.log)
	if err != nil {
		ln.warnEnded(o, errors.Join(errClientEnded, err))
		o.endOwned()
		return nil
	}
	o.fd = -1
	c := newConn(conn, o)
	c.trace(OpServe)
	return c
}

// endOwned ends a connection that is this backend's, which no Accept returns.
func (o *offer) endOwned() {
	_ = fdpass.ShutdownBoth(o.fd)
	fdpass.Close(o.fd)
	o.fd = -1
}

func (ln *Listener) warnEnded(o *offer, why error) {
	ln.log.Warn("connection ended", "client", o.info.ClientAddress, "error", why)
}
