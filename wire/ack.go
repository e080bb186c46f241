package wire

import (
	"time"

	"github.com/handoff-go/handoff/registry"
	"google.golang.org/protobuf/encoding/protowire"
)

// Ack is HandoffAck of docs/reference.md with extensions: a backend takes an offer, or
// rejects it. An ACK that was written whole and before the lease ends makes the backend
// the owner of the connection.
type Ack struct {
	Token         registry.Token // the offer's
	Accepted      bool           // false: the backend has no copy of the connection any more
	Detail        string         // words for a log, MaxDetail at most; see ClipDetail
	CorrelationID uint64         // the offer's

	Reason     Reason        // why it is rejected; zero if it is accepted
	RetryAfter time.Duration // how long the reason will hold, in whole milliseconds; zero: not known
}

// Ready tells a client, on its own connection, that the backend which writes it owns
// the connection. It is an Ack in another envelope, with the token that the client
// knows; one that is not accepted promises nothing. Its request id is not compared.
type Ready Ack

const (
	ackToken         protowire.Number = 1
	ackAccepted      protowire.Number = 2
	ackDetail        protowire.Number = 3
	ackCorrelationID protowire.Number = 4
	ackReason        protowire.Number = 100
	ackRetryAfter    protowire.Number = 101
)

// Append implements [Message]. Without extensions the bytes are those of docs/reference.md.
func (m *Ack) Append(b []byte) []byte { return m.appendAs(KindResponse, b) }

// Append implements [Message]. Without extensions the bytes are those of docs/reference.md.
func (m *Ready) Append(b []byte) []byte { return (*Ack)(m).appendAs(KindEvent, b) }

func (m *Ack) appendAs(kind Kind, b []byte) []byte {
	b, at := openMessage(b, kind, ProtocolHandoff)
	b = appendToken(b, ackToken, m.Token)
	b = appendBool(b, ackAccepted, m.Accepted)
	b = appendText(b, ackDetail, m.Detail)
	b = appendUint(b, ackCorrelationID, m.CorrelationID)
	b = appendInt(b, ackReason, int32(m.Reason))
	b = appendUint(b, ackRetryAfter, units(m.RetryAfter, time.Millisecond))
	return closeMessage(b, at, m.CorrelationID)
}

// Check implements [Message]. An accepted Ack with a reason says two things at once,
// and is refused.
func (m *Ack) Check() error {
	c := check{message: "HandoffAck"}
	c.token(ackToken, m.Token)
	c.text(ackDetail, m.Detail, MaxDetail)
	c.must(ackReason, !m.Accepted || m.Reason == 0)
	c.must(ackRetryAfter, m.RetryAfter >= 0)
	return c.err
}

// Check implements [Message], as Ack's.
func (m *Ready) Check() error { return (*Ack)(m).Check() }

func (m *Ack) merge(f *fields) {
	f.message = "HandoffAck"
	for f.next() {
		switch f.num {
		case ackToken:
			m.Token = f.token()
		case ackAccepted:
			m.Accepted = f.uint() != 0
		case ackDetail:
			m.Detail = f.text()
		case ackCorrelationID:
			m.CorrelationID = f.uint()
		case ackReason:
			m.Reason = Reason(f.uint())
		case ackRetryAfter:
			m.RetryAfter = duration(f.uint(), time.Millisecond)
		}
	}
}

func (m *Ready) merge(f *fields) { (*Ack)(m).merge(f) }
