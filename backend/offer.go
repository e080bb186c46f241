package backend

import (
	"bytes"

	"github.com/handoff-go/handoff/internal/fdpass"
	"github.com/handoff-go/handoff/registry"
	"github.com/handoff-go/handoff/wire"
)

// offer is one offer on one link, and this backend's copy of its connection.
type offer struct {
	link        *link
	token       registry.Token
	correlation uint64
	serveBy     uint64 // the end of the lease on the kernel's clock; 0: no lease
	ready       registry.Token
	preface     []byte
	info        Info

	fd int // the copy; -1: an Accept has made a connection of it, or it is closed

	// Under listener.mu.
	phase          phase
	decisionTraced <-chan struct{} // closed when a commit or revoke is traced that was read while the ACK was written; nil: none was
}

// newOffer copies what it keeps of m.
func newOffer(l *link, m *wire.Offer, fd int) *offer {
	return &offer{
		link:        l,
		token:       m.Token,
		correlation: m.CorrelationID,
		serveBy:     m.ServeBy,
		ready:       m.ReadyToken,
		preface:     bytes.Clone(m.Preface),
		info:        Info{Service: m.Service, ClientAddress: m.ClientAddress, Metadata: bytes.Clone(m.Metadata)},
		fd:          fd,
		phase:       queued,
	}
}

// wireID is how messages name the offer.
func (o *offer) wireID() wire.Attempt {
	return wire.Attempt{Token: o.token, CorrelationID: o.correlation}
}

// inLease reports whether an ACK that was written before this reading of the clock made
// this backend the owner.
func (o *offer) inLease(clock int64) bool {
	return o.link.lease && o.serveBy != 0 && uint64(clock) < o.serveBy
}

// closeCopy closes the copy of a connection that this backend does not own, and does not
// shut it down. A shutdown acts on the connection, which all copies share: after a revoke
// it would end the connection for the backend that is offered it next. Spec:
// BackendCloseCopy.
func (o *offer) closeCopy() {
	o.link.listener.closeFD(o.fd)
	o.fd = -1
	o.trace(OpCloseCopy, nil)
}

// closeFD closes a descriptor that was received on a link and is not owned.
func (ln *Listener) closeFD(fd int) {
	fdpass.Close(fd)
	ln.ledger.Closed(fdpass.FromLink)
}
