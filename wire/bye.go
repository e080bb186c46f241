package wire

import (
	"strconv"

	"google.golang.org/protobuf/encoding/protowire"
)

// Draining tells a broker to send no further offers on this link. What is under way
// goes on.
type Draining struct{}

// Bye is the last message that its sender writes on a link. What it means for attempts
// under way is what the end of the link means.
type Bye struct {
	Reason ByeReason // why
	Detail string    // words for a log, MaxDetail at most; see ClipDetail
}

// ByeReason is why a link ends. The zero ByeReason says nothing. Any other number is
// one that a later version knows.
type ByeReason int32

// The reasons for a Bye.
const (
	ByeClosing   ByeReason = 1 // the sender shuts down
	ByeProtocol  ByeReason = 2 // the other end broke the protocol
	ByeVersion   ByeReason = 3 // the link version is not spoken here
	ByeForbidden ByeReason = 4 // the other end may not serve this service
	ByeBusy      ByeReason = 5 // there are too many links
	ByeSilent    ByeReason = 6 // the other end did not answer in time
)

// String returns the reason's name in lower case, "none" for the zero ByeReason, or
// ByeReason(n) for a number that is not known here.
func (r ByeReason) String() string {
	switch r {
	case 0:
		return "none"
	case ByeClosing:
		return "closing"
	case ByeProtocol:
		return "protocol"
	case ByeVersion:
		return "version"
	case ByeForbidden:
		return "forbidden"
	case ByeBusy:
		return "busy"
	case ByeSilent:
		return "silent"
	}
	return "ByeReason(" + strconv.Itoa(int(r)) + ")"
}

const (
	byeReason protowire.Number = 1
	byeDetail protowire.Number = 2
)

// Append implements [Message].
func (m *Draining) Append(b []byte) []byte {
	b, at := openLink(b, linkDraining)
	return closeLink(b, at)
}

// Check implements [Message]: it returns nil.
func (m *Draining) Check() error { return nil }

func (m *Draining) merge(f *fields) {
	f.message = "Draining"
	for f.next() {
	}
}

// Append implements [Message].
func (m *Bye) Append(b []byte) []byte {
	b, at := openLink(b, linkBye)
	b = appendInt(b, byeReason, int32(m.Reason))
	b = appendText(b, byeDetail, m.Detail)
	return closeLink(b, at)
}

// Check implements [Message].
func (m *Bye) Check() error {
	c := check{message: "Bye"}
	c.text(byeDetail, m.Detail, MaxDetail)
	return c.err
}

func (m *Bye) merge(f *fields) {
	f.message = "Bye"
	for f.next() {
		switch f.num {
		case byeReason:
			m.Reason = ByeReason(f.uint())
		case byeDetail:
			m.Detail = f.text()
		}
	}
}
