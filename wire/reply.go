package wire

import (
	"time"

	"github.com/handoff-go/handoff/registry"
	"google.golang.org/protobuf/encoding/protowire"
)

// HelloReply is the broker's answer to a Hello. Exactly one of its pointers is set.
type HelloReply struct {
	FrameID    uint64 // the FrameID of the hello; clients compare it
	Negotiated *Negotiated
	Refused    *Refused
}

// Negotiated is the reply of a broker that accepts a hello. All strings together have at most
// MaxText bytes.
type Negotiated struct {
	Protocol      uint32         // the version that both support
	DaemonVersion string         // of the service
	Address       string         // backend_pipe in handoff.proto: where to connect without a handoff
	Warnings      []string       // at most MaxItems
	Capabilities  uint64         // see CapabilityHandlePassing
	KeepaliveSecs uint64         // the interval that the broker asks for; zero: none
	Token         registry.Token // the token that Ready will carry; zero: the connection is not handed over
	ConnectionID  uint64         // the broker's name for the connection

	// WaitBudget is how long the client should wait for Ready or Fallback on this
	// connection: long enough for every attempt with its deadline, and for the earlier
	// holders to settle. In whole milliseconds; zero: not given, as by running-process.
	WaitBudget time.Duration
}

const (
	replyNegotiated protowire.Number = 1
	replyRefused    protowire.Number = 2

	negotiatedProtocol      protowire.Number = 1
	negotiatedDaemonVersion protowire.Number = 2
	negotiatedAddress       protowire.Number = 3
	negotiatedWarnings      protowire.Number = 4
	negotiatedCapabilities  protowire.Number = 5
	negotiatedKeepaliveSecs protowire.Number = 6
	negotiatedToken         protowire.Number = 7
	negotiatedConnectionID  protowire.Number = 8
	negotiatedWaitBudget    protowire.Number = 100
)

// Append implements [Message]. It writes whatever is set: see Check.
func (m *HelloReply) Append(b []byte) []byte {
	b, at := beginMessage(b, KindResponse, ProtocolHello)
	if m.Negotiated != nil {
		b, at.member = beginField(b, replyNegotiated)
		b = endField(m.Negotiated.append(b), at.member)
	}
	if m.Refused != nil {
		b, at.member = beginField(b, replyRefused)
		b = endField(m.Refused.append(b), at.member)
	}
	return endMessage(b, at, m.FrameID)
}

// Check implements [Message].
func (m *HelloReply) Check() error {
	switch {
	case m.Negotiated != nil && m.Refused != nil:
		return &FieldError{Message: "HelloReply", Err: ErrTooMany}
	case m.Negotiated != nil:
		return m.Negotiated.check()
	case m.Refused != nil:
		return m.Refused.check()
	}
	return &FieldError{Message: "HelloReply", Err: ErrNoMessage}
}

// merge keeps the later one if a reply has both, and merges the parts if one of them occurs twice
// in a row, as protobuf specifies for a oneof. It refuses more than MaxItems parts: each may
// allocate a message.
func (m *HelloReply) merge(f *fields) {
	f.message = "HelloReply"
	for parts := 0; f.next(); {
		if f.num != replyNegotiated && f.num != replyRefused {
			continue
		}
		if parts++; parts > MaxItems {
			f.fail(ErrTooMany)
		}
		part := fields{rest: f.bytes(), depth: f.depth + 1}
		switch {
		case f.err != nil:
			return
		case f.num == replyNegotiated:
			if m.Negotiated == nil {
				m.Negotiated, m.Refused = new(Negotiated), nil
			}
			m.Negotiated.merge(&part)
		default:
			if m.Refused == nil {
				m.Negotiated, m.Refused = nil, new(Refused)
			}
			m.Refused.merge(&part)
		}
		f.propagate(part.err)
	}
}

func (m *Negotiated) append(b []byte) []byte {
	b = appendUint(b, negotiatedProtocol, uint64(m.Protocol))
	b = appendText(b, negotiatedDaemonVersion, m.DaemonVersion)
	b = appendText(b, negotiatedAddress, m.Address)
	for _, warning := range m.Warnings {
		b = protowire.AppendTag(b, negotiatedWarnings, protowire.BytesType)
		b = protowire.AppendString(b, warning)
	}
	b = appendUint(b, negotiatedCapabilities, m.Capabilities)
	b = appendUint(b, negotiatedKeepaliveSecs, m.KeepaliveSecs)
	b = appendToken(b, negotiatedToken, m.Token)
	b = appendUint(b, negotiatedConnectionID, m.ConnectionID)
	return appendUint(b, negotiatedWaitBudget, toUnits(m.WaitBudget, time.Millisecond))
}

func (m *Negotiated) check() error {
	c := check{message: "Negotiated"}
	c.text(negotiatedDaemonVersion, m.DaemonVersion, MaxText)
	c.text(negotiatedAddress, m.Address, MaxText)
	total := len(m.DaemonVersion) + len(m.Address)
	if len(m.Warnings) > MaxItems {
		c.fail(negotiatedWarnings, ErrTooMany)
	}
	for _, warning := range m.Warnings {
		c.text(negotiatedWarnings, warning, MaxText)
		total += len(warning)
	}
	c.require(negotiatedWaitBudget, m.WaitBudget >= 0)
	c.size(0, total, MaxText)
	return c.err
}

func (m *Negotiated) merge(f *fields) {
	f.message = "Negotiated"
	for f.next() {
		switch f.num {
		case negotiatedProtocol:
			m.Protocol = uint32(f.uint())
		case negotiatedDaemonVersion:
			m.DaemonVersion = f.text()
		case negotiatedAddress:
			m.Address = f.text()
		case negotiatedWarnings:
			if len(m.Warnings) == MaxItems {
				f.fail(ErrTooMany) // before memory is allocated for them
			}
			m.Warnings = append(m.Warnings, f.text())
		case negotiatedCapabilities:
			m.Capabilities = f.uint()
		case negotiatedKeepaliveSecs:
			m.KeepaliveSecs = f.uint()
		case negotiatedToken:
			m.Token = f.optionalToken()
		case negotiatedConnectionID:
			m.ConnectionID = f.uint()
		case negotiatedWaitBudget:
			m.WaitBudget = fromUnits(f.uint(), time.Millisecond)
		}
	}
}
