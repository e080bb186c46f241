package wire

import (
	"strconv"

	"google.golang.org/protobuf/encoding/protowire"
)

// Draining tells a broker to send no further offers on this link. The attempts in progress
// continue.
type Draining struct{}

// Bye is the last message that its sender writes on a link. For the attempts in progress it
// means the same as the end of the link.
type Bye struct {
	Reason ByeReason // why
	Detail string    // text for a log, at most MaxDetail bytes; see ClipDetail
}

// ByeReason is why a link ends. The zero ByeReason means that no reason is given. Unknown
// numbers come from later versions.
type ByeReason int32

// The reasons for a Bye.
const (
	ByeClosing   ByeReason = 1 // the sender shuts down
	ByeProtocol  ByeReason = 2 // the other end broke the protocol
	ByeVersion   ByeReason = 3 // the sender does not support the link version
	ByeForbidden ByeReason = 4 // the other end may not serve this service
	ByeBusy      ByeReason = 5 // the sender has too many links
	ByeSilent    ByeReason = 6 // the other end did not answer in time
)

// String returns the reason's name in lower case, "none" for the zero ByeReason, or
// ByeReason(n) for an unknown number.
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
	b, at := beginLink(b, linkDraining)
	return endLink(b, at)
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
	b, at := beginLink(b, linkBye)
	b = appendInt(b, byeReason, int32(m.Reason))
	b = appendText(b, byeDetail, m.Detail)
	return endLink(b, at)
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
