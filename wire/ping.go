package wire

import "google.golang.org/protobuf/encoding/protowire"

// Ping asks the other end of a link for a sign of life. The broker's first one, right
// after LinkHello, is a challenge too: see Pong.
type Ping struct {
	Nonce uint64 // not to be guessed, so that an answer cannot be older than its question
}

// Pong answers a Ping. A broker that reads its own clock before the ping and after the
// pong can tell whether the reading in between fits: one more condition, besides the
// same time namespace, for the lease.
type Pong struct {
	Nonce uint64 // the ping's
	Clock uint64 // nanoseconds of the sender's CLOCK_MONOTONIC; zero: it has none to compare
}

const (
	pingNonce protowire.Number = 1

	pongNonce protowire.Number = 1
	pongClock protowire.Number = 2
)

// Append implements [Message].
func (m *Ping) Append(b []byte) []byte {
	b, at := openLink(b, linkPing)
	b = appendUint(b, pingNonce, m.Nonce)
	return closeLink(b, at)
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
	b, at := openLink(b, linkPong)
	b = appendUint(b, pongNonce, m.Nonce)
	b = appendUint(b, pongClock, m.Clock)
	return closeLink(b, at)
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
