package wire

import (
	"strconv"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
)

// TimeNamespace names a Linux time namespace, as fstat of /proc/self/ns/time does. The
// zero TimeNamespace is an unknown one: there is none, or it cannot be named.
type TimeNamespace struct {
	Device, Inode uint64 // st_dev and st_ino
}

// Same reports whether a and b are known and the same. Two processes in the same one
// read the same CLOCK_MONOTONIC.
func (a TimeNamespace) Same(b TimeNamespace) bool {
	return a == b && a.Device != 0 && a.Inode != 0
}

// LinkHello is a backend's first message on a link.
type LinkHello struct {
	Version       uint32        // LinkVersion; zero is refused, others are for the broker to judge
	Service       string        // that the backend serves
	TimeNamespace TimeNamespace // of the backend's process
	MaxInFlight   uint32        // offers that it takes at a time; zero: the broker's choice
}

// Mode is how ownership passes on a link. The zero Mode is invalid on purpose.
type Mode int32

// The modes.
const (
	ModeLease      Mode = 1 // an ACK inside the lease makes the backend the owner
	ModeCommitOnly Mode = 2 // only a commit does
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

// Welcome is the broker's answer to a LinkHello, after it has judged the clock: see
// Pong. Offers may follow it. A broker that does not want the link says Bye instead.
type Welcome struct {
	Version      uint32        // LinkVersion
	Mode         Mode          // how ownership passes here
	MaxInFlight  uint32        // offers that the broker has open at a time; at least 1
	AckDeadline  time.Duration // from offer to ACK; more than zero
	PingInterval time.Duration // between pings; zero: there are none
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
	b, at := openLink(b, linkHello)
	b = appendUint(b, linkHelloVersion, uint64(m.Version))
	b = appendText(b, linkHelloService, m.Service)
	b = appendUint(b, linkHelloDevice, m.TimeNamespace.Device)
	b = appendUint(b, linkHelloInode, m.TimeNamespace.Inode)
	b = appendUint(b, linkHelloMaxInFlight, uint64(m.MaxInFlight))
	return closeLink(b, at)
}

// Check implements [Message].
func (m *LinkHello) Check() error {
	c := check{message: "LinkHello"}
	c.must(linkHelloVersion, m.Version != 0)
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
	b, at := openLink(b, linkWelcome)
	b = appendUint(b, welcomeVersion, uint64(m.Version))
	b = appendInt(b, welcomeMode, int32(m.Mode))
	b = appendUint(b, welcomeMaxInFlight, uint64(m.MaxInFlight))
	b = appendUint(b, welcomeAckDeadline, units(m.AckDeadline, time.Nanosecond))
	b = appendUint(b, welcomePingInterval, units(m.PingInterval, time.Nanosecond))
	return closeLink(b, at)
}

// Check implements [Message]. A mode that is not known here is refused: a backend that
// guesses is a second owner.
func (m *Welcome) Check() error {
	c := check{message: "Welcome"}
	c.must(welcomeVersion, m.Version != 0)
	c.must(welcomeMode, m.Mode == ModeLease || m.Mode == ModeCommitOnly)
	c.must(welcomeMaxInFlight, m.MaxInFlight != 0)
	c.must(welcomeAckDeadline, m.AckDeadline > 0)
	c.must(welcomePingInterval, m.PingInterval >= 0)
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
			m.AckDeadline = duration(f.uint(), time.Nanosecond)
		case welcomePingInterval:
			m.PingInterval = duration(f.uint(), time.Nanosecond)
		}
	}
}
