package backend

import (
	"bytes"

	"github.com/handoff-go/handoff/internal/fdpass"
	"github.com/handoff-go/handoff/registry"
	"github.com/handoff-go/handoff/wire"
)

// phase is where an offer stands. While it is queued, acking or uncertain this backend
// holds a copy of the connection without owning it: it does not read or write it, nor
// change an option or a flag of it, and it ends its copy by close, never by shutdown.
//
//	queued    --Accept, or a waiting one--> acking
//	acking    --clock inside the lease----> owned
//	          --not, and no word yet------> uncertain
//	uncertain --commit--------------------> owned
//	queued, acking, uncertain --revoke, the link's end--> gone, its copy closed
//
// An acking offer belongs to the goroutine that writes its ACK. What the reader learns
// about it meanwhile waits in verdict.
type phase uint8

const (
	queued phase = iota + 1
	acking
	uncertain
	owned
)

// verdict is what the broker said about an offer whose ACK is being written.
type verdict uint8

const (
	committed verdict = iota + 1
	revoked
	linkDied
)

// offer is one offer on one link, and the copy of its connection.
type offer struct {
	link        *link
	token       registry.Token
	correlation uint64
	serveBy     uint64 // the kernel's clock; 0: no lease
	ready       registry.Token
	preface     []byte
	info        Info

	fd int // until an Accept has its connection, or it is closed

	// Under listener.mu.
	phase   phase
	verdict verdict
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

// closeCopy closes a copy that this backend does not own, and no other. Spec: CloseCopy.
func (o *offer) closeCopy() {
	o.link.listener.closeFD(o.fd)
	o.fd = -1
	o.trace(OpCloseCopy, nil)
}

// inLease reports whether an ACK that was written before this reading of the clock made
// the backend the owner.
func (o *offer) inLease(clock int64) bool {
	return o.link.lease && o.serveBy != 0 && uint64(clock) < o.serveBy
}

func (o *offer) name() wire.Attempt {
	return wire.Attempt{Token: o.token, CorrelationID: o.correlation}
}

func (l *Listener) closeFD(fd int) {
	fdpass.Close(fd)
	l.ledger.Closed(fdpass.FromLink)
}
