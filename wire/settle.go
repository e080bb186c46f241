package wire

import (
	"github.com/handoff-go/handoff/registry"
	"google.golang.org/protobuf/encoding/protowire"
)

// Attempt names one offer on one link. It is comparable, and means nothing on another
// link.
type Attempt struct {
	Token         registry.Token // the offer's
	CorrelationID uint64         // the offer's
}

// Commit tells a backend that the broker took its ACK: the backend is the owner.
type Commit Attempt

// Revoke tells a backend that it is not the owner, or no longer: it closes its copy and
// answers Released. It may come for an attempt that the backend has rejected by then.
type Revoke Attempt

// Released answers a Revoke: every copy that the backend had is closed.
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
	b, at := openLink(b, num)
	b = appendToken(b, attemptToken, m.Token)
	b = appendUint(b, attemptCorrelationID, m.CorrelationID)
	return closeLink(b, at)
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
