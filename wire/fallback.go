package wire

import (
	"time"

	"github.com/handoff-go/handoff/fallback"
	"google.golang.org/protobuf/encoding/protowire"
)

// Fallback tells a client, on its own connection, that nobody owns that connection and
// that it should make another. Only the broker writes it, and only while it has the
// connection. What the client wrote before may be written again on the new connection.
//
// It has a payload protocol of its own, so that a client of running-process 4.5.5, which
// waits for Ready, cannot take it for that.
type Fallback struct {
	Address    string        // where to connect, MaxAddress at most; empty: where the hello's reply said
	Reason     Reason        // why; not for the client's user
	RetryAfter time.Duration // how long the reason will hold, in whole milliseconds; zero: connect at once
}

const (
	fallbackAddress    protowire.Number = 1
	fallbackReason     protowire.Number = 2
	fallbackRetryAfter protowire.Number = 3
)

// Append implements [Message].
func (m *Fallback) Append(b []byte) []byte {
	b, at := openMessage(b, KindEvent, ProtocolClient)
	b = appendText(b, fallbackAddress, m.Address)
	b = appendInt(b, fallbackReason, int32(m.Reason))
	b = appendUint(b, fallbackRetryAfter, units(m.RetryAfter, time.Millisecond))
	return closeMessage(b, at, 0)
}

// Check implements [Message].
func (m *Fallback) Check() error {
	c := check{message: "Fallback"}
	c.text(fallbackAddress, m.Address, MaxAddress)
	c.must(fallbackRetryAfter, m.RetryAfter >= 0)
	return c.err
}

// Decision returns the message as a decision, never the zero one.
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
			m.RetryAfter = duration(f.uint(), time.Millisecond)
		}
	}
}
