package backend

import (
	"errors"

	"github.com/handoff-go/handoff/internal/fdpass"
	"github.com/handoff-go/handoff/internal/ownedconn"
	"github.com/handoff-go/handoff/wire"
)

// own begins to serve a connection that this backend owns. A client that waits for ready is
// told, before anything else is written. If it cannot be told, the connection is shut down
// and closed, and own returns false. Spec: Serve.
func (o *offer) own() bool {
	ln := o.link.listener
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

// conn returns the connection of an offer that own returned true for. If there is no
// descriptor left for it until the listener is closed, or it is no connection, it is shut
// down and closed, and conn returns nil.
func (o *offer) conn() *Conn {
	ln := o.link.listener
	conn, err := ownedconn.Open(o.fd, ln.closing.Done(), ln.log)
	if err != nil {
		ln.warnEnded(o, errors.Join(errNotAdopted, err))
		o.endOwned()
		return nil
	}
	o.fd = -1
	c := newConn(conn, o)
	c.trace(OpServe)
	return c
}

// endOwned shuts down and closes a connection that this backend owns and no Accept returns.
func (o *offer) endOwned() {
	_ = fdpass.ShutdownBoth(o.fd)
	fdpass.Close(o.fd)
	o.fd = -1
}

func (ln *Listener) warnEnded(o *offer, why error) {
	ln.log.Warn("connection ended", "client", o.info.ClientAddress, "error", why)
}
