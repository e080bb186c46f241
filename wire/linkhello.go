package wire

import (
	"strconv"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
)

// TimeNamespace identifies a Linux time namespace by the fstat of /proc/self/ns/time. The zero
// TimeNamespace means that it is unknown.
type TimeNamespace struct {
	Device, Inode uint64 // st_dev and st_ino
}

// Same reports whether a and b are known and equal. Two processes of one kernel in the same time
// namespace read the same CLOCK_MONOTONIC.
func (a TimeNamespace) Same(b TimeNamespace) bool {
	return a == b && a.Device != 0 && a.Inode != 0
}

// LinkHello is a backend's first message on a link.
type LinkHello struct {
	Version       uint32        // LinkVersion; Check refuses zero, and the broker every other version but its own
	Service       string        // the service that the backend serves
	TimeNamespace TimeNamespace // of the backend's process
	MaxInFlight   uint32        // how many offers may be unanswered at a time; zero: the broker decides
}

// Mode is how ownership passes on a link. The zero Mode is invalid on purpose.
type Mode int32

// The modes of a link.
const (
	ModeLease      Mode = 1 // an ACK inside the lease makes the backend the owner
	ModeCommitOnly Mode = 2 // only a commit makes it the owner
)

// String returns the mode's name in lower case with hyphens, or Mode(n) for an invalid one.
func (m Mode) String() string {
	switch m {
	case ModeLease:
		return "lease"
	case ModeCommitOnly:
		return "commit-only"
	}
	return "Mode(" + strconv.Itoa(int(m)) + ")"
}

// Welcome is the broker's answer to a LinkHello, after it has compared the clocks: see Pong. Offers
// may follow it. A broker that refuses the link sends Bye instead.
type Welcome struct {
	Version      uint32        // LinkVersion
	Mode         Mode          // how ownership passes on this link
	MaxInFlight  uint32        // how many offers may be unanswered at a time; at least 1
	AckDeadline  time.Duration // from offer to ACK; more than zero
	PingInterval time.Duration // between pings; zero: no pings
}

const (
	linkHelloVersion     protowire.Number = 1
	linkHelloService     protowire.Number = 2
	linkHelloDevice      protowire.Number = 3
	linkHelloInode       protowire.Number = 4
	linkHelloMaxInFlight protowire.Number = 5

	welcomeVersion      protowire.Number = 1
	welcomeMode         protowire.Number = 2
	welcomeMaxInFlight  protowire.Number = 3
	welcomeAckDeadline  protowire.Number = 4 // nanoseconds
	welcomePingInterval protowire.Number = 5 // nanoseconds
)

// Append implements [Message].
func (m *LinkHello) Append(b []byte) []byte {
	b, at := beginLink(b, linkHello)
	b = appendUint(b, linkHelloVersion, uint64(m.Version))
	b = appendText(b, linkHelloService, m.Service)
	b = appendUint(b, linkHelloDevice, m.TimeNamespace.Device)
	b = appendUint(b, linkHelloInode, m.TimeNamespace.Inode)
	b = appendUint(b, linkHelloMaxInFlight, uint64(m.MaxInFlight))
	return endLink(b, at)
}

// Check implements [Message].
func (m *LinkHello) Check() error {
	c := check{message: "LinkHello"}
	c.require(linkHelloVersion, m.Version != 0)
	c.service(linkHelloService, m.Service)
	return c.err
}

func (m *LinkHello) merge(f *fields) {
	f.message = "LinkHello"
	for f.next() {
		switch f.num {
		case linkHelloVersion:
			m.Version = uint32(f.uint())
		case linkHelloService:
			m.Service = f.text()
		case linkHelloDevice:
			m.TimeNamespace.Device = f.uint()
		case linkHelloInode:
			m.TimeNamespace.Inode = f.uint()
		case linkHelloMaxInFlight:
			m.MaxInFlight = uint32(f.uint())
		}
	}
}

// Append implements [Message].
func (m *Welcome) Append(b []byte) []byte {
	b, at := beginLink(b, linkWelcome)
	b = appendUint(b, welcomeVersion, uint64(m.Version))
	b = appendInt(b, welcomeMode, int32(m.Mode))
	b = appendUint(b, welcomeMaxInFlight, uint64(m.MaxInFlight))
	b = appendUint(b, welcomeAckDeadline, toUnits(m.AckDeadline, time.Nanosecond))
	b = appendUint(b, welcomePingInterval, toUnits(m.PingInterval, time.Nanosecond))
	return endLink(b, at)
}

// Check implements [Message]. It refuses an unknown mode: a backend that took, say, commit-only
// for lease would serve after its ACK, beside the owner that the broker chose after the deadline.
func (m *Welcome) Check() error {
	c := check{message: "Welcome"}
	c.require(welcomeVersion, m.Version != 0)
	c.require(welcomeMode, m.Mode == ModeLease || m.Mode == ModeCommitOnly)
	c.require(welcomeMaxInFlight, m.MaxInFlight != 0)
	c.require(welcomeAckDeadline, m.AckDeadline > 0)
	c.require(welcomePingInterval, m.PingInterval >= 0)
	return c.err
}

func (m *Welcome) merge(f *fields) {
	f.message = "Welcome"
	for f.next() {
		switch f.num {
		case welcomeVersion:
			m.Version = uint32(f.uint())
		case welcomeMode:
			m.Mode = Mode(f.uint())
		case welcomeMaxInFlight:
			m.MaxInFlight = uint32(f.uint())
		case welcomeAckDeadline:
			m.AckDeadline = fromUnits(f.uint(), time.Nanosecond)
		case welcomePingInterval:
			m.PingInterval = fromUnits(f.uint(), time.Nanosecond)
		}
	}
}
