package wire

import (
	"maps"
	"slices"
	"strconv"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
)

// Refused is the reply of a broker that refuses a hello. All strings together have at most MaxText
// bytes.
type Refused struct {
	Reason      string            // text for people
	MinProtocol uint32            // the oldest version that the broker supports
	MaxProtocol uint32            // the latest version that the broker supports
	Code        RefusedCode       // why, for a program
	Details     map[string]string // at most MaxItems; written in the order of the keys
	RetryAfter  time.Duration     // in whole milliseconds; zero: not known
}

// RefusedCode is why a broker refuses a hello. Unknown numbers come from later versions.
type RefusedCode int32

// The codes.
const (
	RefusedUnspecified RefusedCode = iota
	RefusedVersionUnsupported
	RefusedServiceUnknown
	RefusedBackendSpawnFailed
	RefusedRateLimited
	RefusedShuttingDown
	RefusedPeerRejected
	RefusedInternal
	RefusedVersionBlocked
	RefusedFDPressure
)

// String returns the code's name in lower case with hyphens, or RefusedCode(n) for a
// unknown number.
func (c RefusedCode) String() string {
	switch c {
	case RefusedUnspecified:
		return "unspecified"
	case RefusedVersionUnsupported:
		return "version-unsupported"
	case RefusedServiceUnknown:
		return "service-unknown"
	case RefusedBackendSpawnFailed:
		return "backend-spawn-failed"
	case RefusedRateLimited:
		return "rate-limited"
	case RefusedShuttingDown:
		return "shutting-down"
	case RefusedPeerRejected:
		return "peer-rejected"
	case RefusedInternal:
		return "internal"
	case RefusedVersionBlocked:
		return "version-blocked"
	case RefusedFDPressure:
		return "fd-pressure"
	}
	return "RefusedCode(" + strconv.Itoa(int(c)) + ")"
}

const (
	refusedReason      protowire.Number = 1
	refusedMinProtocol protowire.Number = 2
	refusedMaxProtocol protowire.Number = 3
	refusedCode        protowire.Number = 4
	refusedDetails     protowire.Number = 5
	refusedRetryAfter  protowire.Number = 6

	detailKey   protowire.Number = 1
	detailValue protowire.Number = 2
)

func (m *Refused) append(b []byte) []byte {
	b = appendText(b, refusedReason, m.Reason)
	b = appendUint(b, refusedMinProtocol, uint64(m.MinProtocol))
	b = appendUint(b, refusedMaxProtocol, uint64(m.MaxProtocol))
	b = appendInt(b, refusedCode, int32(m.Code))
	for _, key := range slices.Sorted(maps.Keys(m.Details)) {
		var at int
		b, at = beginField(b, refusedDetails)
		// An entry's key and value are written even if they are empty.
		b = protowire.AppendTag(b, detailKey, protowire.BytesType)
		b = protowire.AppendString(b, key)
		b = protowire.AppendTag(b, detailValue, protowire.BytesType)
		b = protowire.AppendString(b, m.Details[key])
		b = endField(b, at)
	}
	return appendUint(b, refusedRetryAfter, toUnits(m.RetryAfter, time.Millisecond))
}

func (m *Refused) check() error {
	c := check{message: "Refused"}
	c.text(refusedReason, m.Reason, MaxText)
	total := len(m.Reason)
	if len(m.Details) > MaxItems {
		c.fail(refusedDetails, ErrTooMany)
	}
	for key, value := range m.Details {
		c.text(refusedDetails, key, MaxText)
		c.text(refusedDetails, value, MaxText)
		total += len(key) + len(value)
	}
	c.require(refusedRetryAfter, m.RetryAfter >= 0)
	c.size(0, total, MaxText)
	return c.err
}

func (m *Refused) merge(f *fields) {
	f.message = "Refused"
	for f.next() {
		switch f.num {
		case refusedReason:
			m.Reason = f.text()
		case refusedMinProtocol:
			m.MinProtocol = uint32(f.uint())
		case refusedMaxProtocol:
			m.MaxProtocol = uint32(f.uint())
		case refusedCode:
			m.Code = RefusedCode(f.uint())
		case refusedDetails:
			m.mergeDetail(f)
		case refusedRetryAfter:
			m.RetryAfter = fromUnits(f.uint(), time.Millisecond)
		}
	}
}

// mergeDetail sets one entry of the map. If a key occurs twice, the last value counts.
func (m *Refused) mergeDetail(f *fields) {
	entry := fields{message: "Refused.details", rest: f.bytes(), depth: f.depth + 1}
	var key, value string
	for entry.next() {
		switch entry.num {
		case detailKey:
			key = entry.text()
		case detailValue:
			value = entry.text()
		}
	}
	if f.propagate(entry.err); f.err != nil {
		return
	}
	if m.Details == nil {
		m.Details = map[string]string{}
	}
	m.Details[key] = value
	if len(m.Details) > MaxItems {
		f.fail(ErrTooMany) // before memory is allocated for all that follow
	}
}
