package wire

import (
	"time"

	"github.com/handoff-go/handoff/registry"
	"google.golang.org/protobuf/encoding/protowire"
)

// HelloReply is the broker's answer to a Hello: exactly one of its pointers is set.
type HelloReply struct {
	FrameID    uint64 // of the hello that it answers: clients of running-process 4.5.5 compare it
	Negotiated *Negotiated
	Refused    *Refused
}

// Negotiated is a broker's yes, with an extension, WaitBudget. All texts together
// have MaxText bytes at most.
type Negotiated struct {
	Protocol      uint32         // the version that both speak
	DaemonVersion string         // of the service
	Address       string         // backend_pipe: where to connect without a handoff
	Warnings      []string       // MaxItems at most
	Capabilities  uint64         // see CapabilityHandlePassing
	KeepaliveSecs uint64         // between signs of life; zero: none are asked for
	Token         registry.Token // of the handoff that is under way; zero: there is none
	ConnectionID  uint64         // the broker's name for the connection

	// WaitBudget is how long the client should wait for Ready or Fallback on this
	// connection: every attempt with its deadline, and the settling. In whole
	// milliseconds; zero from running-process 4.5.5, whose own client waits two seconds.
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

// Append implements [Message]. It writes what is set: see Check.
func (m *HelloReply) Append(b []byte) []byte {
	b, at := openMessage(b, KindResponse, ProtocolHello)
	if m.Negotiated != nil {
		b, at.member = open(b, replyNegotiated)
		b = shut(m.Negotiated.append(b), at.member)
	}
	if m.Refused != nil {
		b, at.member = open(b, replyRefused)
		b = shut(m.Refused.append(b), at.member)
	}
	return closeMessage(b, at, m.FrameID)
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

// merge, when a reply has both, keeps the later one; the same one twice is one message
// in two parts. Both is what protobuf says. Nobody sends many parts, each of which
// takes memory anew.
func (m *HelloReply) merge(f *fields) {
	f.message = "HelloReply"
	for parts := 0; f.next(); {
		if f.num != replyNegotiated && f.num != replyRefused {
			continue
		}
		if parts++; parts > MaxItems {
			f.fail(ErrTooMany)
		}
		part := fields{rest: f.bytes()}
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
		f.adopt(part.err)
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
	return appendUint(b, negotiatedWaitBudget, units(m.WaitBudget, time.Millisecond))
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
	c.must(negotiatedWaitBudget, m.WaitBudget >= 0)
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
				f.fail(ErrTooMany) // before memory is taken for them
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
			m.WaitBudget = duration(f.uint(), time.Millisecond)
		}
	}
}
