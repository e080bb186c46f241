package wire

import "google.golang.org/protobuf/encoding/protowire"

// CapabilityHandlePassing is the bit in the capabilities of a hello and its reply which says that
// connections can be handed over.
const CapabilityHandlePassing = 1 << 0

// Hello is a client's first message. The Secrets of a parsed Hello share the memory of its frame.
// All strings and Secrets together have at most MaxText bytes.
type Hello struct {
	FrameID uint64 // the frame's request id, which the reply's frame repeats

	MinProtocol      uint32 // the oldest version that the client supports
	MaxProtocol      uint32 // the latest version that the client supports
	Service          string // the service that the client wants
	WantedVersion    string // of the service; at most 64 bytes
	ClientVersion    string // at most MaxVersion bytes
	Capabilities     uint64 // see CapabilityHandlePassing
	AuthToken        Secret // not used
	RequestID        string // for logs
	ConnectionID     uint64 // zero from a client
	PeerPID          uint32 // as the client claims; use the kernel's credentials instead
	LibName          string // at most 64 bytes
	LibVersion       string // at most 64 bytes
	AttestationNonce Secret // not used
	CapabilityToken  Secret // not used
	KeepaliveSecs    uint64 // the interval that the client proposes
}

const (
	helloMinProtocol      protowire.Number = 1
	helloMaxProtocol      protowire.Number = 2
	helloService          protowire.Number = 3
	helloWantedVersion    protowire.Number = 4
	helloClientVersion    protowire.Number = 5
	helloCapabilities     protowire.Number = 6
	helloAuthToken        protowire.Number = 7
	helloRequestID        protowire.Number = 8
	helloConnectionID     protowire.Number = 9
	helloPeerPID          protowire.Number = 10
	helloLibName          protowire.Number = 11
	helloLibVersion       protowire.Number = 12
	helloAttestationNonce protowire.Number = 13
	helloCapabilityToken  protowire.Number = 14
	helloKeepaliveSecs    protowire.Number = 15
)

// Append implements [Message].
func (m *Hello) Append(b []byte) []byte {
	b, at := beginMessage(b, KindRequest, ProtocolHello)
	b = appendUint(b, helloMinProtocol, uint64(m.MinProtocol))
	b = appendUint(b, helloMaxProtocol, uint64(m.MaxProtocol))
	b = appendText(b, helloService, m.Service)
	b = appendText(b, helloWantedVersion, m.WantedVersion)
	b = appendText(b, helloClientVersion, m.ClientVersion)
	b = appendUint(b, helloCapabilities, m.Capabilities)
	b = appendBytes(b, helloAuthToken, m.AuthToken)
	b = appendText(b, helloRequestID, m.RequestID)
	b = appendUint(b, helloConnectionID, m.ConnectionID)
	b = appendUint(b, helloPeerPID, uint64(m.PeerPID))
	b = appendText(b, helloLibName, m.LibName)
	b = appendText(b, helloLibVersion, m.LibVersion)
	b = appendBytes(b, helloAttestationNonce, m.AttestationNonce)
	b = appendBytes(b, helloCapabilityToken, m.CapabilityToken)
	b = appendUint(b, helloKeepaliveSecs, m.KeepaliveSecs)
	return endMessage(b, at, m.FrameID)
}

// Check implements [Message].
func (m *Hello) Check() error {
	const short = 64
	c := check{message: "Hello"}
	c.service(helloService, m.Service)
	c.text(helloWantedVersion, m.WantedVersion, short)
	c.text(helloClientVersion, m.ClientVersion, MaxVersion)
	c.text(helloRequestID, m.RequestID, MaxText)
	c.text(helloLibName, m.LibName, short)
	c.text(helloLibVersion, m.LibVersion, short)
	c.size(0, len(m.Service)+len(m.WantedVersion)+len(m.ClientVersion)+len(m.RequestID)+len(m.LibName)+len(m.LibVersion)+
		len(m.AuthToken)+len(m.AttestationNonce)+len(m.CapabilityToken), MaxText)
	return c.err
}

func (m *Hello) merge(f *fields) {
	f.message = "Hello"
	for f.next() {
		switch f.num {
		case helloMinProtocol:
			m.MinProtocol = uint32(f.uint())
		case helloMaxProtocol:
			m.MaxProtocol = uint32(f.uint())
		case helloService:
			m.Service = f.text()
		case helloWantedVersion:
			m.WantedVersion = f.text()
		case helloClientVersion:
			m.ClientVersion = f.text()
		case helloCapabilities:
			m.Capabilities = f.uint()
		case helloAuthToken:
			m.AuthToken = f.bytes()
		case helloRequestID:
			m.RequestID = f.text()
		case helloConnectionID:
			m.ConnectionID = f.uint()
		case helloPeerPID:
			m.PeerPID = uint32(f.uint())
		case helloLibName:
			m.LibName = f.text()
		case helloLibVersion:
			m.LibVersion = f.text()
		case helloAttestationNonce:
			m.AttestationNonce = f.bytes()
		case helloCapabilityToken:
			m.CapabilityToken = f.bytes()
		case helloKeepaliveSecs:
			m.KeepaliveSecs = f.uint()
		}
	}
}
