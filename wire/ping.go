package wire

import "google.golang.org/protobuf/encoding/protowire"

// Ping asks the other end of a link for a Pong. The broker's first Ping, right after LinkHello,
// also reads the backend's clock: see Pong.
type Ping struct {
	Nonce uint64 // unpredictable, so that a Pong proves that the Ping was read
}

// Pong answers a Ping. The broker reads its own clock before the Ping and after the Pong. A lease
// requires that Clock lies between the two, and that both processes are in one time namespace.
type Pong struct {
	Nonce uint64 // the ping's
	Clock uint64 // nanoseconds of the sender's CLOCK_MONOTONIC; zero: the clocks cannot be compared
}

const (
	pingNonce protowire.Number = 1

	pongNonce protowire.Number = 1
	pongClock protowire.Number = 2
)

// Append implements [Message].
func (m *Ping) Append(b []byte) []byte {
	b, at := beginLink(b, linkPing)
	b = appendUint(b, pingNonce, m.Nonce)
	return endLink(b, at)
}

// Check implements [Message]: it returns nil.
func (m *Ping) Check() error { return nil }

func (m *Ping) merge(f *fields) {
	f.message = "Ping"
	for f.next() {
		if f.num == pingNonce {
			m.Nonce = f.uint()
		}
	}
}

// Append implements [Message].
func (m *Pong) Append(b []byte) []byte {
	b, at := beginLink(b, linkPong)
	b = appendUint(b, pongNonce, m.Nonce)
	b = appendUint(b, pongClock, m.Clock)
	return endLink(b, at)
}

// Check implements [Message]: it returns nil.
func (m *Pong) Check() error { return nil }

func (m *Pong) merge(f *fields) {
	f.message = "Pong"
	for f.next() {
		switch f.num {
		case pongNonce:
			m.Nonce = f.uint()
		case pongClock:
			m.Clock = f.uint()
		}
	}
}
