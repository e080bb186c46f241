package wire

import (
	"strings"
	"time"

	"github.com/handoff-go/handoff/registry"
	"google.golang.org/protobuf/encoding/protowire"
)

// Ack answers an Offer: the backend accepts or rejects it. On a link with leases an accepting
// Ack that was written completely before the lease ends makes the backend the owner of the
// connection.
type Ack struct {
	Token         registry.Token // the offer's
	Accepted      bool           // false: the backend rejects, and has closed its copy of the connection
	Detail        string         // text for a log, at most MaxDetail bytes; see ClipDetail
	CorrelationID uint64         // the offer's

	Reason     Reason        // why the backend rejects; zero if it accepts
	RetryAfter time.Duration // when to try again, in whole milliseconds; zero: not known
}

// Ready tells a client, on the client's own connection, that the backend which writes it owns
// the connection. It is an Ack in another envelope, with the token from the reply to the
// client's hello. A Ready with Accepted false promises nothing. Its request id is not checked.
type Ready Ack

const (
	ackToken         protowire.Number = 1
	ackAccepted      protowire.Number = 2
	ackDetail        protowire.Number = 3
	ackCorrelationID protowire.Number = 4
	ackReason        protowire.Number = 100
	ackRetryAfter    protowire.Number = 101
)

// Append implements [Message].
func (m *Ack) Append(b []byte) []byte { return m.appendAs(KindResponse, b) }

// Append implements [Message].
func (m *Ready) Append(b []byte) []byte { return (*Ack)(m).appendAs(KindEvent, b) }

func (m *Ack) appendAs(kind Kind, b []byte) []byte {
	b, at := beginMessage(b, kind, ProtocolHandoff)
	b = appendToken(b, ackToken, m.Token)
	b = appendBool(b, ackAccepted, m.Accepted)
	b = appendText(b, ackDetail, m.Detail)
	b = appendUint(b, ackCorrelationID, m.CorrelationID)
	b = appendInt(b, ackReason, int32(m.Reason))
	b = appendUint(b, ackRetryAfter, toUnits(m.RetryAfter, time.Millisecond))
	return endMessage(b, at, m.CorrelationID)
}

// Check implements [Message]. It refuses an accepting Ack that has a Reason: the two
// contradict each other.
func (m *Ack) Check() error {
	c := check{message: "HandoffAck"}
	c.token(ackToken, m.Token)
	c.text(ackDetail, m.Detail, MaxDetail)
	c.require(ackReason, !m.Accepted || m.Reason == 0)
	c.require(ackRetryAfter, m.RetryAfter >= 0)
	return c.err
}

// Check implements [Message], as Ack.Check does.
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
			m.RetryAfter = fromUnits(f.uint(), time.Millisecond)
		}
	}
}

func (m *Ready) merge(f *fields) { (*Ack)(m).merge(f) }

// ParseLongAck is [Parse] for an Ack of running-process, which limits neither the payload nor Detail.
// Detail is cut to MaxDetail bytes. A rejection is valid however long its text is: to refuse it would
// fence a connection that its backend has given back.
func ParseLongAck(f Frame) (*Ack, error) {
	if err := f.Expect(KindResponse, ProtocolHandoff); err != nil {
		return nil, err
	}
	payload, m := fields{rest: f.Payload}, new(Ack)
	m.merge(&payload)
	if payload.err != nil {
		return nil, payload.err
	}
	m.Detail = strings.Clone(ClipDetail(m.Detail)) // a part would keep the memory of the whole
	if err := m.Check(); err != nil {
		return nil, err
	}
	if m.CorrelationID != f.RequestID {
		return nil, &EnvelopeError{Got: f.RequestID, Err: ErrRequestID}
	}
	return m, nil
}
