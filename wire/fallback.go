package wire

import (
	"time"

	"github.com/handoff-go/handoff/fallback"
	"google.golang.org/protobuf/encoding/protowire"
)

// Fallback tells a client, on the client's own connection, that nobody owns that connection, and
// that the client should make another one. Only the broker writes it, and only while it has the
// connection. The client may replay on the new connection what it wrote before.
//
// It has its own payload protocol, so that a client of running-process, which waits for Ready,
// does not mistake it for Ready.
type Fallback struct {
	Address    string        // where to connect, at most MaxAddress bytes; empty: see Negotiated.Address
	Reason     Reason        // why there was no handoff
	RetryAfter time.Duration // when to try a handoff again, in whole milliseconds; zero: at once
}

const (
	fallbackAddress    protowire.Number = 1
	fallbackReason     protowire.Number = 2
	fallbackRetryAfter protowire.Number = 3
)

// Append implements [Message].
func (m *Fallback) Append(b []byte) []byte {
	b, at := beginMessage(b, KindEvent, ProtocolClient)
	b = appendText(b, fallbackAddress, m.Address)
	b = appendInt(b, fallbackReason, int32(m.Reason))
	b = appendUint(b, fallbackRetryAfter, toUnits(m.RetryAfter, time.Millisecond))
	return endMessage(b, at, 0)
}

// Check implements [Message].
func (m *Fallback) Check() error {
	c := check{message: "Fallback"}
	c.text(fallbackAddress, m.Address, MaxAddress)
	c.require(fallbackRetryAfter, m.RetryAfter >= 0)
	return c.err
}

// Decision returns the message as a decision, which is never zero.
func (m *Fallback) Decision() fallback.Decision {
	return fallback.Decision{Reason: m.Reason.Fallback(), RetryAfter: m.RetryAfter}
}

func (m *Fallback) merge(f *fields) {
	f.message = "Fallback"
	for f.next() {
		switch f.num {
		case fallbackAddress:
			m.Address = f.text()
		case fallbackReason:
			m.Reason = Reason(f.uint())
		case fallbackRetryAfter:
			m.RetryAfter = fromUnits(f.uint(), time.Millisecond)
		}
	}
}
