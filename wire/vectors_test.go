package wire_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/handoff-go/handoff/registry"
	"github.com/handoff-go/handoff/wire"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/reflect/protoreflect"
)

var update = flag.Bool("update", false, "rewrite testdata/vectors.json; the vectors of running-process stay as they are written here")

// A vector is a frame that every implementation must parse, and write unless readOnly is set. Its
// fields in the file are those that the official implementation of protobuf parses from the bytes
// by handoff.proto, in protobuf's JSON.
type vector struct {
	name     string
	from, to string
	m        wire.Message
	// bytes is set for vectors that running-process 4.5.5 was observed to send: never change them.
	bytes    string
	readOnly bool
}

func vectors(t tester) []vector {
	tok, err := registry.ParseToken(unhex(t, tokenHex))
	require.NoError(t, err)
	second, err := registry.ParseToken(unhex(t, "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"))
	require.NoError(t, err)
	offer := &wire.Offer{Token: tok, Service: "zccache", CorrelationID: 1}
	return []vector{
		{"offer", "broker", "backend", offer,
			"01 27000000 0801 18ffa103 221d 1210 000102030405060708090a0b0c0d0e0f 1a07 7a636361636865 2001 2801", false},
		{"offer with an explicit zero handle", "broker", "backend", offer,
			"01 29000000 0801 18ffa103 221f 0800 1210 000102030405060708090a0b0c0d0e0f 1a07 7a636361636865 2001 2801", true},
		{"ack", "backend", "broker", &wire.Ack{Token: tok, Accepted: true, CorrelationID: 1},
			"01 22000000 0801 1001 18ffa103 2216 0a10 000102030405060708090a0b0c0d0e0f 1001 2001 2801", false},
		{"ready", "owner", "client", &wire.Ready{Token: tok, Accepted: true, CorrelationID: 1},
			"01 22000000 0801 1002 18ffa103 2216 0a10 000102030405060708090a0b0c0d0e0f 1001 2001 2801", false},

		{"hello", "client", "broker", &wire.Hello{FrameID: 7, MinProtocol: 1, MaxProtocol: 1, Service: "zccache",
			Capabilities: wire.CapabilityHandlePassing}, "", false},
		{"hello with every field", "client", "broker", &wire.Hello{FrameID: 7, MinProtocol: 1, MaxProtocol: 2, Service: "zccache",
			WantedVersion: "1.2.3", ClientVersion: "4.5.5", Capabilities: 1<<63 | wire.CapabilityHandlePassing, AuthToken: []byte{0xa0}, RequestID: "r-1",
			ConnectionID: 9, PeerPID: 4321, LibName: "handoff", LibVersion: "0.1.0", AttestationNonce: []byte{0xa1, 0xa2},
			CapabilityToken: []byte{0xa3}, KeepaliveSecs: 30}, "", false},
		{"negotiated, with a handoff under way", "broker", "client", &wire.HelloReply{FrameID: 7, Negotiated: &wire.Negotiated{Protocol: 1,
			DaemonVersion: "1.2.3", Address: "/run/zccache.sock", Warnings: []string{"old", ""}, Capabilities: wire.CapabilityHandlePassing,
			KeepaliveSecs: 60, Token: tok, ConnectionID: 9, WaitBudget: 3250 * time.Millisecond}}, "", false},
		{"negotiated, connect again", "broker", "client", &wire.HelloReply{FrameID: 7, Negotiated: &wire.Negotiated{Protocol: 1,
			Address: "/run/zccache.sock"}}, "", false},
		{"refused", "broker", "client", &wire.HelloReply{FrameID: 7, Refused: &wire.Refused{Reason: "too often", MinProtocol: 1, MaxProtocol: 1,
			Code: wire.RefusedRateLimited, Details: map[string]string{"window": "30s", "limit": "8", "": ""}, RetryAfter: 1500 * time.Millisecond}}, "", false},
		{"offer with a lease, a preface and an explicit client", "broker", "backend", &wire.Offer{Token: second, Service: "web-1",
			CorrelationID: 300, ServeBy: 123_456_789_012_345, Preface: []byte("GET / HTTP/1.1\r\n"), Metadata: []byte{0, 1, 2},
			ClientAddress: "[2001:db8::1]:443", ReadyToken: tok}, "", false},
		{"offer whose payload needs a longer length", "broker", "backend", &wire.Offer{Token: tok, Service: "web-1", CorrelationID: 1,
			Preface: bytes.Repeat([]byte("x"), 200)}, "", false},
		{"rejected, busy", "backend", "broker", &wire.Ack{Token: tok, Detail: "queue is full", CorrelationID: 300, Reason: wire.ReasonBusy,
			RetryAfter: 20 * time.Millisecond}, "", false},
		{"rejected, no descriptor came", "backend", "broker", &wire.Ack{Token: tok, CorrelationID: 1, Reason: wire.ReasonDescriptorMissing}, "", false},
		{"fallback", "broker", "client", &wire.Fallback{Address: "/run/zccache.sock", Reason: wire.ReasonBackendAckTimeout,
			RetryAfter: 250 * time.Millisecond}, "", false},
		{"fallback that says nothing", "broker", "client", &wire.Fallback{}, "", false},
		{"link hello", "backend", "broker", &wire.LinkHello{Version: wire.LinkVersion, Service: "web-1",
			TimeNamespace: wire.TimeNamespace{Device: 4, Inode: 4026531834}, MaxInFlight: 64}, "", false},
		{"ping", "either", "either", &wire.Ping{Nonce: 0x0123456789abcdef}, "", false},
		{"pong", "either", "either", &wire.Pong{Nonce: 0x0123456789abcdef, Clock: 123_456_789_012_345}, "", false},
		{"welcome, lease", "broker", "backend", &wire.Welcome{Version: wire.LinkVersion, Mode: wire.ModeLease, MaxInFlight: 64,
			AckDeadline: time.Second, PingInterval: 250 * time.Millisecond}, "", false},
		{"welcome, commit only", "broker", "backend", &wire.Welcome{Version: wire.LinkVersion, Mode: wire.ModeCommitOnly, MaxInFlight: 1,
			AckDeadline: time.Second}, "", false},
		{"commit", "broker", "backend", &wire.Commit{Token: tok, CorrelationID: 300}, "", false},
		{"revoke", "broker", "backend", &wire.Revoke{Token: tok, CorrelationID: 300}, "", false},
		{"released", "backend", "broker", &wire.Released{Token: tok, CorrelationID: 300}, "", false},
		{"draining", "backend", "broker", &wire.Draining{}, "", false},
		{"bye", "either", "either", &wire.Bye{Reason: wire.ByeVersion, Detail: "only 1 is spoken here"}, "", false},
		{"bye with a reason of tomorrow", "either", "either", &wire.Bye{Reason: -1}, "", false},
	}
}

// A refusal is a frame that every implementation must refuse, and its error.
type refusal struct {
	Name  string `json:"name"`
	To    string `json:"to"`
	Limit int    `json:"limit"` // the reader's limit of the body in bytes
	Hex   string `json:"hex"`
	Error string `json:"error"`
}

func refusals() []refusal {
	accept := "1001 2001"
	return []refusal{
		{"another framing version", "any", wire.MaxControl, "02 00000000", wire.ErrFraming.Error()},
		{"a body larger than the cap", "broker", wire.MaxControl, "01 01100000", (&wire.FrameSizeError{Size: 4097, Max: 4096}).Error()},
		{"an empty body is a frame of version 0", "any", wire.MaxControl, "01 00000000", "wire: envelope version is not 1 (0x0)"},
		{"another envelope version", "any", wire.MaxControl, "01 02000000 0802", "wire: envelope version is not 1 (0x2)"},
		{"cancel", "any", wire.MaxControl, "01 04000000 0801 1003", "wire: wrong frame kind (0x3)"},
		{"another payload protocol", "any", wire.MaxControl, "01 06000000 0801 1881da02", "wire: wrong payload protocol (0xad01)"},
		{"a compressed payload", "backend", wire.MaxOffer, "01 08000000 0801 18ffa103 3001", "wire: payload is compressed (0x1)"},
		{"an offer without a token", "backend", wire.MaxOffer, "01 06000000 0801 18ffa103", "wire: HandoffOffer: field 2: registry: token is missing"},
		{"an offer with the zero token", "backend", wire.MaxOffer,
			"01 21000000 0801 18ffa103 2219 1210" + strings.Repeat("00", 16) + "1a01 61 2001 2801", "wire: HandoffOffer: field 2: registry: token is missing"},
		{"an ACK with a token of 15 bytes", "broker", wire.MaxControl, "01 1b000000 0801 1001 18ffa103 2211 0a0f" + tokenHex[:30],
			"wire: HandoffAck: field 1: registry: token has 15 bytes, want 16"},
		{"an ACK whose request id is not its correlation id", "broker", wire.MaxControl,
			"01 22000000 0801 1001 18ffa103 2216 0a10" + tokenHex + accept + "2802", "wire: request id is not the correlation id (0x2)"},
		{"an ACK that accepts and rejects", "broker", wire.MaxControl,
			"01 25000000 0801 1001 18ffa103 2219 0a10" + tokenHex + accept + "a00640 2801", "wire: HandoffAck: field 100: has an invalid value"},
		{"a service name in capitals", "backend", wire.MaxOffer, "01 1d000000 0801 18ffa103 2215 1210" + tokenHex + "1a0141",
			"wire: HandoffOffer: field 3: is not a service name: 1 to 64 of a-z, 0-9 and -"},
		{"a varint cut off", "any", wire.MaxControl, "01 02000000 0880", "wire: Frame: field 1: is truncated"},
		{"a number as bytes", "any", wire.MaxControl, "01 03000000 0a0101", "wire: Frame: field 1: has the wrong wire type"},
		{"text that is not UTF-8", "broker", wire.MaxControl, "01 0d000000 0801 1001 18ffa103 2203 1a01ff", "wire: HandoffAck: field 3: is not UTF-8"},
		{"a link message of tomorrow", "any", wire.MaxControl, "01 0c000000 0801 1002 18d0e103 2202 5200",
			"wire: Link: field 10: contains no known message"},
		{"a welcome in a mode of tomorrow", "backend", wire.MaxOffer, "01 10000000 0801 1002 18d0e103 2206 2204 0801 1003",
			"wire: Welcome: field 2: has an invalid value"},
	}
}

func TestVectors(t *testing.T) {
	type entry struct {
		Name     string `json:"name"`
		Observed bool   `json:"observed_from_running_process,omitempty"`
		From     string `json:"from"`
		To       string `json:"to"`
		Message  string `json:"message"`
		// Descriptor is the mode that the descriptor of an offer arrives in.
		Descriptor string          `json:"descriptor,omitempty"`
		Frame      json.RawMessage `json:"frame"`
		Payload    json.RawMessage `json:"payload"`
		Hex        string          `json:"hex"`
		ReadOnly   bool            `json:"read_only,omitempty"`
	}
	var file struct {
		Accepted []entry   `json:"accepted"`
		Refused  []refusal `json:"refused"`
	}
	for _, v := range vectors(t) {
		b := v.m.Append(nil)
		if v.bytes != "" {
			b = unhex(t, v.bytes)
			if !v.readOnly {
				require.Equal(t, b, v.m.Append(nil), v.name)
			}
		}
		require.NoError(t, v.m.Check(), v.name)
		f, err := wire.ReadFrame(bytes.NewReader(b), limitOf(v.m))
		require.NoError(t, err, v.name)
		m, err := wire.Parse(f)
		require.NoError(t, err, v.name)
		require.Equal(t, v.m, m, v.name)
		envelope := jsonOf(t, "Frame", b[wire.HeaderSize:])
		delete(envelope, "payload")
		name := payloadName(f)
		file.Accepted = append(file.Accepted, entry{
			v.name, v.bytes != "", v.from, v.to, string(name), descriptorMode(v.m), raw(t, envelope), raw(t, jsonOf(t, name, f.Payload)), hex.EncodeToString(b), v.readOnly,
		})
	}
	for _, r := range refusals() {
		b := unhex(t, r.Hex)
		f, err := wire.ReadFrame(bytes.NewReader(b), r.Limit)
		if err == nil {
			_, err = wire.Parse(f)
		}
		require.EqualError(t, err, r.Error, r.Name)
		r.Hex = hex.EncodeToString(b)
		file.Refused = append(file.Refused, r)
	}

	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetIndent("", "  ")
	require.NoError(t, enc.Encode(file))
	const path = "testdata/vectors.json"
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(path, out.Bytes(), 0o644))
	}
	golden, err := os.ReadFile(path)
	require.NoError(t, err)
	golden = bytes.ReplaceAll(golden, []byte("\r\n"), []byte("\n")) // a checkout on Windows may have added these
	require.Equal(t, string(golden), out.String(), "go test ./wire -run Vectors -update")
}

// descriptorMode says in which mode the descriptor that belongs to m arrives; empty: there is none.
func descriptorMode(m wire.Message) string {
	if _, ok := m.(*wire.Offer); ok {
		return "non-blocking; with the token before the offer, as running-process sends it: blocking"
	}
	return ""
}

func jsonOf(t *testing.T, name protoreflect.Name, b []byte) map[string]any {
	m, err := protobufParse(t, name, b)
	require.NoError(t, err)
	// Its spaces change from build to build on purpose; reading it again drops them.
	text, err := protojson.MarshalOptions{UseProtoNames: true}.Marshal(m)
	require.NoError(t, err)
	var fields map[string]any
	require.NoError(t, json.Unmarshal(text, &fields))
	return fields
}

func raw(t *testing.T, v any) json.RawMessage {
	b, err := json.Marshal(v)
	require.NoError(t, err)
	return b
}

// Every message of handoff.proto has a vector.
func TestEveryMessageHasAVector(t *testing.T) {
	seen := map[protoreflect.Name]bool{"Frame": true}
	for _, v := range vectors(t) {
		f, err := wire.ParseFrame(v.m.Append(nil)[wire.HeaderSize:])
		require.NoError(t, err)
		m, err := protobufParse(t, payloadName(f), f.Payload)
		require.NoError(t, err)
		seen[payloadName(f)] = true
		m.Range(func(field protoreflect.FieldDescriptor, _ protoreflect.Value) bool {
			if field.ContainingOneof() != nil {
				seen[field.Message().Name()] = true
			}
			return true
		})
	}
	messages := schema(t).Messages()
	require.Positive(t, messages.Len())
	for i := range messages.Len() {
		require.True(t, seen[messages.Get(i).Name()], messages.Get(i).Name())
	}
}
