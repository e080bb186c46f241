package wire

import (
	"github.com/handoff-go/handoff/registry"
	"google.golang.org/protobuf/encoding/protowire"
)

// Offer offers a connection to a backend. The descriptor travels with the frame's first byte. The
// Preface and Metadata of a parsed Offer share the memory of its frame.
type Offer struct {
	HandleValue   uint64         // 0 on Unix; running-process passes a Windows handle in it
	Token         registry.Token // names the attempt; only a backend that got the offer can answer it
	Service       string         // the service that the connection is for
	CorrelationID uint64         // the answer on this link carries the same

	// ServeBy is the end of the lease, in nanoseconds of the kernel's CLOCK_MONOTONIC. A
	// backend that reads a smaller value after it has written the whole ACK owns the
	// connection. Zero: there is no lease, and the backend serves only after Commit.
	ServeBy uint64
	Preface []byte // what the broker read from the client, for the backend to read first; at most MaxPreface bytes
	// Metadata is defined by the application; at most MaxMetadata bytes.
	Metadata      []byte
	ClientAddress string // as the broker sees it, at most MaxAddress bytes; may be empty

	// ReadyToken is set if the client waits for Ready: the new owner writes Ready first, with
	// this token. It is the token from the reply to the client's hello, and may differ from
	// Token. Zero: the client does not know of the handoff, and gets no Ready.
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

// Append implements [Message].
func (m *Offer) Append(b []byte) []byte {
	b, at := beginMessage(b, KindRequest, ProtocolHandoff)
	b = appendUint(b, offerHandle, m.HandleValue)
	b = appendToken(b, offerToken, m.Token)
	b = appendText(b, offerService, m.Service)
	b = appendUint(b, offerCorrelationID, m.CorrelationID)
	b = appendUint(b, offerServeBy, m.ServeBy)
	b = appendBytes(b, offerPreface, m.Preface)
	b = appendBytes(b, offerMetadata, m.Metadata)
	b = appendText(b, offerClientAddress, m.ClientAddress)
	b = appendToken(b, offerReadyToken, m.ReadyToken)
	return endMessage(b, at, m.CorrelationID)
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

// CheckRequest checks all fields but the token. A broker calls it before it issues a token for
// what its caller asks for.
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
