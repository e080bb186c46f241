package wire

import (
	"github.com/handoff-go/handoff/registry"
	"google.golang.org/protobuf/encoding/protowire"
)

// Offer is HandoffOffer of docs/reference.md with extensions: the broker offers a
// connection to a backend, and the descriptor travels with the frame's first byte.
// Preface and Metadata of a parsed Offer share the memory of its frame.
type Offer struct {
	HandleValue   uint64         // 0 on Unix
	Token         registry.Token // names the attempt, and proves the right to answer for it
	Service       string         // that the connection is for
	CorrelationID uint64         // ties the answer to the offer on this link

	// ServeBy is the lease: a backend owns the connection if its clock, read after the
	// whole ACK was written, shows less. Nanoseconds of the kernel's CLOCK_MONOTONIC;
	// zero: there is no lease, and the backend serves after Commit only.
	ServeBy uint64
	Preface []byte // what the broker read from the client: the backend reads it first; MaxPreface at most
	// Metadata is the application's own, MaxMetadata at most.
	Metadata      []byte
	ClientAddress string // as the broker knows it, MaxAddress at most; may be empty

	// ReadyToken is set if the client waits for Ready: the new owner writes that first,
	// with this token, which is the one in the client's hello reply and not always this
	// attempt's. Zero: the client knows nothing of handoff, and is sent nothing.
	ReadyToken registry.Token
}

const (
	offerHandle        protowire.Number = 1
	offerToken         protowire.Number = 2
	offerService       protowire.Number = 3
	offerCorrelationID protowire.Number = 4
	offerServeBy       protowire.Number = 100
	offerPreface       protowire.Number = 101
	offerMetadata      protowire.Number = 102
	offerClientAddress protowire.Number = 103
	offerReadyToken    protowire.Number = 104
)

// Append implements [Message]. Without extensions the bytes are those of docs/reference.md.
func (m *Offer) Append(b []byte) []byte {
	b, at := openMessage(b, KindRequest, ProtocolHandoff)
	b = appendUint(b, offerHandle, m.HandleValue)
	b = appendToken(b, offerToken, m.Token)
	b = appendText(b, offerService, m.Service)
	b = appendUint(b, offerCorrelationID, m.CorrelationID)
	b = appendUint(b, offerServeBy, m.ServeBy)
	b = appendBytes(b, offerPreface, m.Preface)
	b = appendBytes(b, offerMetadata, m.Metadata)
	b = appendText(b, offerClientAddress, m.ClientAddress)
	b = appendToken(b, offerReadyToken, m.ReadyToken)
	return closeMessage(b, at, m.CorrelationID)
}

// Check implements [Message].
func (m *Offer) Check() error {
	c := check{message: "HandoffOffer"}
	c.token(offerToken, m.Token)
	if c.err != nil {
		return c.err
	}
	return m.CheckRequest()
}

// CheckRequest is Check of what a caller asks for: all but the token, which is issued only for
// a request that fits.
func (m *Offer) CheckRequest() error {
	c := check{message: "HandoffOffer"}
	c.service(offerService, m.Service)
	c.size(offerPreface, len(m.Preface), MaxPreface)
	c.size(offerMetadata, len(m.Metadata), MaxMetadata)
	c.text(offerClientAddress, m.ClientAddress, MaxAddress)
	return c.err
}

func (m *Offer) merge(f *fields) {
	f.message = "HandoffOffer"
	for f.next() {
		switch f.num {
		case offerHandle:
			m.HandleValue = f.uint()
		case offerToken:
			m.Token = f.token()
		case offerService:
			m.Service = f.text()
		case offerCorrelationID:
			m.CorrelationID = f.uint()
		case offerServeBy:
			m.ServeBy = f.uint()
		case offerPreface:
			m.Preface = f.bytes()
		case offerMetadata:
			m.Metadata = f.bytes()
		case offerClientAddress:
			m.ClientAddress = f.text()
		case offerReadyToken:
			m.ReadyToken = f.optionalToken()
		}
	}
}
