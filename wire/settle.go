package wire

import (
	"github.com/handoff-go/handoff/registry"
	"google.golang.org/protobuf/encoding/protowire"
)

// Attempt identifies one offer on its link. It is comparable.
type Attempt struct {
	Token         registry.Token // the offer's
	CorrelationID uint64         // the offer's
}

// Commit tells a backend that the broker accepted its ACK: the backend owns the connection.
type Commit Attempt

// Revoke tells a backend that it does not own the connection: it closes its copy and answers
// Released. It may cross the backend's rejection of the same attempt.
type Revoke Attempt

// Released answers a Revoke: the backend has closed every copy of the connection.
type Released Attempt

const (
	attemptToken         protowire.Number = 1
	attemptCorrelationID protowire.Number = 2
)

// Append implements [Message].
func (m *Commit) Append(b []byte) []byte { return (*Attempt)(m).appendAs(linkCommit, b) }

// Append implements [Message].
func (m *Revoke) Append(b []byte) []byte { return (*Attempt)(m).appendAs(linkRevoke, b) }

// Append implements [Message].
func (m *Released) Append(b []byte) []byte { return (*Attempt)(m).appendAs(linkReleased, b) }

// Check implements [Message].
func (m *Commit) Check() error { return (*Attempt)(m).checkAs("Commit") }

// Check implements [Message].
func (m *Revoke) Check() error { return (*Attempt)(m).checkAs("Revoke") }

// Check implements [Message].
func (m *Released) Check() error { return (*Attempt)(m).checkAs("Released") }

func (m *Commit) merge(f *fields)   { (*Attempt)(m).mergeAs("Commit", f) }
func (m *Revoke) merge(f *fields)   { (*Attempt)(m).mergeAs("Revoke", f) }
func (m *Released) merge(f *fields) { (*Attempt)(m).mergeAs("Released", f) }

func (m *Attempt) appendAs(num protowire.Number, b []byte) []byte {
	b, at := beginLink(b, num)
	b = appendToken(b, attemptToken, m.Token)
	b = appendUint(b, attemptCorrelationID, m.CorrelationID)
	return endLink(b, at)
}

func (m *Attempt) checkAs(message string) error {
	c := check{message: message}
	c.token(attemptToken, m.Token)
	return c.err
}

func (m *Attempt) mergeAs(message string, f *fields) {
	f.message = message
	for f.next() {
		switch f.num {
		case attemptToken:
			m.Token = f.token()
		case attemptCorrelationID:
			m.CorrelationID = f.uint()
		}
	}
}
