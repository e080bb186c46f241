package wire_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/handoff-go/handoff/fallback"
	"github.com/handoff-go/handoff/registry"
	"github.com/handoff-go/handoff/wire"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// The error names the first mismatch of version, kind, protocol and encoding, whatever else is
// wrong.
func TestEnvelopeIsCheckedInOrder(t *testing.T) {
	right := wire.Frame{Version: 1, Kind: wire.KindResponse, Protocol: wire.ProtocolHandoff}
	faults := []struct {
		err  error
		got  uint64
		make func(*wire.Frame)
	}{
		{wire.ErrVersion, 2, func(f *wire.Frame) { f.Version = 2 }},
		{wire.ErrKind, 3, func(f *wire.Frame) { f.Kind = wire.KindCancel }},
		{wire.ErrProtocol, 0xAD01, func(f *wire.Frame) { f.Protocol = 0xAD01 }},
		{wire.ErrEncoding, 1, func(f *wire.Frame) { f.Encoding = wire.EncodingZstd }},
	}
	require.NoError(t, right.Expect(wire.KindResponse, wire.ProtocolHandoff))
	for set := 1; set < 1<<len(faults); set++ {
		f, first := right, -1
		for i, fault := range faults {
			if set>>i&1 == 1 {
				fault.make(&f)
				if first < 0 {
					first = i
				}
			}
		}
		want := &wire.EnvelopeError{Got: faults[first].got, Err: faults[first].err}
		require.Equal(t, want, f.Expect(wire.KindResponse, wire.ProtocolHandoff))
		_, err := wire.Parse(f)
		require.Equal(t, want, err)
	}
}

// Every pair of kind and protocol is a message, or is refused; for its kind, if the protocol has
// messages of other kinds.
func TestWhichFramesAreMessages(t *testing.T) {
	kinds := map[wire.Protocol][]wire.Kind{
		wire.ProtocolHello:   {wire.KindRequest, wire.KindResponse},
		wire.ProtocolHandoff: {wire.KindRequest, wire.KindResponse, wire.KindEvent},
		wire.ProtocolLink:    {wire.KindEvent},
		wire.ProtocolClient:  {wire.KindEvent},
		0xAD01:               nil,
	}
	for protocol, takes := range kinds {
		for kind := wire.Kind(-1); kind < 5; kind++ {
			_, err := wire.Parse(wire.Frame{Version: 1, Kind: kind, Protocol: protocol})
			switch {
			case kind < wire.KindRequest || kind > wire.KindEvent:
				require.ErrorIs(t, err, wire.ErrKind)
			case takes == nil:
				require.ErrorIs(t, err, wire.ErrProtocol)
			case !bytes.ContainsRune(kindsOf(takes), rune(kind)):
				require.ErrorIs(t, err, wire.ErrKind)
			default:
				require.NotErrorIs(t, err, wire.ErrKind)
				require.NotErrorIs(t, err, wire.ErrProtocol)
			}
		}
	}
}

func kindsOf(kinds []wire.Kind) (b []byte) {
	for _, k := range kinds {
		b = append(b, byte(k))
	}
	return b
}

func TestPrivateProtocolsLieInThePrivateRange(t *testing.T) {
	for _, p := range []wire.Protocol{wire.ProtocolLink, wire.ProtocolClient} {
		require.True(t, 0xF000 <= p && p <= 0xFFFF)
	}
}

func TestRequestIDIsTheCorrelationID(t *testing.T) {
	tok, err := registry.ParseToken(unhex(t, tokenHex))
	require.NoError(t, err)
	for _, m := range []wire.Message{
		&wire.Offer{Token: tok, Service: "a", CorrelationID: 7}, &wire.Ack{Token: tok, CorrelationID: 7}, &wire.Ready{Token: tok, CorrelationID: 7},
	} {
		f, err := wire.ParseFrame(m.Append(nil)[wire.HeaderSize:])
		require.NoError(t, err)
		require.EqualValues(t, 7, f.RequestID)
		f.RequestID = 8
		got, err := wire.Parse(f)
		if _, ok := m.(*wire.Ready); ok {
			require.NoError(t, err, "the request id of a ready is not checked")
			continue
		}
		require.Equal(t, &wire.EnvelopeError{Got: 8, Err: wire.ErrRequestID}, err)
		require.Nil(t, got)
	}
}

// A control message is limited to MaxControl even on a stream whose limit is MaxOffer.
func TestControlPayloadsAreSmall(t *testing.T) {
	for _, f := range []wire.Frame{asAck, asLink, asFallback} {
		f.Payload = make([]byte, wire.MaxControl+1)
		_, err := wire.Parse(f)
		require.Equal(t, &wire.FrameSizeError{Size: wire.MaxControl + 1, Max: wire.MaxControl}, err)
	}
	for _, f := range []wire.Frame{asHello, asReply, asOffer} {
		f.Payload = make([]byte, wire.MaxOffer+1)
		_, err := wire.Parse(f)
		require.True(t, tooLarge(err))
	}
}

func TestFrameRoundTripKeepsAllFields(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := wire.Frame{
			Version: number32(t), Kind: enum[wire.Kind](t), Protocol: wire.Protocol(number32(t)), Payload: blob(t, 300),
			RequestID: number64(t), Encoding: enum[wire.Encoding](t), DeadlineUnixMS: number64(t), TraceParent: text(t, 55), TraceState: text(t, 200),
		}
		b := f.Append(nil)
		got, err := wire.ReadFrame(bytes.NewReader(b), len(b)-wire.HeaderSize)
		require.NoError(t, err)
		require.Equal(t, f, got)
		envelope, err := protobufParse(t, "Frame", b[wire.HeaderSize:])
		require.NoError(t, err)
		require.Equal(t, b[wire.HeaderSize:], append([]byte{}, protobufBytes(t, envelope)...))
	})
}

func TestReadFrame(t *testing.T) {
	big := wire.Frame{Version: 1, Payload: make([]byte, 50_000)}
	body := len(big.Append(nil)) - wire.HeaderSize
	for name, c := range map[string]struct {
		stream []byte
		limit  int
		want   wire.Frame
		err    error
	}{
		"empty stream":          {nil, 10, wire.Frame{}, io.EOF},
		"empty body":            {unhex(t, "01 00000000"), 0, wire.Frame{}, nil},
		"cut in the header":     {unhex(t, "01 0000"), 10, wire.Frame{}, io.ErrUnexpectedEOF},
		"cut before the body":   {unhex(t, "01 02000000"), 10, wire.Frame{}, io.ErrUnexpectedEOF},
		"cut in the body":       {unhex(t, "01 02000000 08"), 10, wire.Frame{}, io.ErrUnexpectedEOF},
		"another version":       {unhex(t, "02 00000000"), 10, wire.Frame{}, wire.ErrFraming},
		"HTTP":                  {[]byte("GET / HTTP/1.1\r\n\r\n"), wire.MaxFrame, wire.Frame{}, wire.ErrFraming},
		"one too large":         {unhex(t, "01 0b000000"), 10, wire.Frame{}, &wire.FrameSizeError{Size: 11, Max: 10}},
		"as large as can be":    {unhex(t, "01 ffffffff"), wire.MaxFrame, wire.Frame{}, &wire.FrameSizeError{Size: 1<<32 - 1, Max: wire.MaxFrame}},
		"nothing is allowed":    {unhex(t, "01 00000000"), -1, wire.Frame{}, &wire.FrameSizeError{Max: -1}},
		"exactly the limit":     {big.Append(nil), body, big, nil},
		"large, cut":            {big.Append(nil)[:40_000], body, wire.Frame{}, io.ErrUnexpectedEOF},
		"large, cut at a piece": {big.Append(nil)[:wire.HeaderSize+4096], body, wire.Frame{}, io.ErrUnexpectedEOF},
		"no protobuf":           {unhex(t, "01 01000000 08"), 10, wire.Frame{}, &wire.FieldError{Message: "Frame", Field: 1, Err: wire.ErrTruncated}},
		"trace is no text":      {unhex(t, "01 03000000 4201ff"), 10, wire.Frame{}, &wire.FieldError{Message: "Frame", Field: 8, Err: wire.ErrUTF8}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, r := range []io.Reader{bytes.NewReader(c.stream), iotest.OneByteReader(bytes.NewReader(c.stream)), iotest.DataErrReader(bytes.NewReader(c.stream))} {
				got, err := wire.ReadFrame(r, c.limit)
				require.Equal(t, c.err, err)
				require.Equal(t, c.want, got)
			}
		})
	}
	_, err := wire.ReadFrame(iotest.ErrReader(io.ErrClosedPipe), 10)
	require.Equal(t, io.ErrClosedPipe, err)
	_, err = wire.ReadFrame(io.MultiReader(bytes.NewReader(unhex(t, "01 02000000 08")), iotest.ErrReader(io.ErrClosedPipe)), 10)
	require.Equal(t, io.ErrClosedPipe, err)
}

func TestReadFrameReadsNoByteBehindTheFrame(t *testing.T) {
	stream := bytes.NewReader(append((&wire.Draining{}).Append(nil), "HTTP/1.1 200 OK"...))
	_, err := wire.ReadFrame(stream, wire.MaxControl)
	require.NoError(t, err)
	rest, err := io.ReadAll(stream)
	require.NoError(t, err)
	require.Equal(t, "HTTP/1.1 200 OK", string(rest))
}

// No printed form of a frame or a message contains the bytes of a token.
func TestNothingPrintsASecret(t *testing.T) {
	secret := []byte{211, 197, 229, 173, 251, 181, 239, 223, 193, 167, 241, 199, 233, 179, 227, 157}
	tok, err := registry.ParseToken(secret)
	require.NoError(t, err)
	offer := &wire.Offer{Token: tok, Service: "cache", ReadyToken: tok}
	frame, err := wire.ParseFrame(offer.Append(nil)[wire.HeaderSize:])
	require.NoError(t, err)
	hello := wire.Hello{Service: "cache", AuthToken: secret, AttestationNonce: secret, CapabilityToken: secret}
	reply := wire.HelloReply{Negotiated: &wire.Negotiated{Token: tok}}
	printed := func(v any) string {
		var out strings.Builder
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "% x", "%d", "%o"} {
			fmt.Fprintf(&out, verb+"\n", v)
		}
		b, err := json.Marshal(v)
		require.NoError(t, err)
		out.Write(b)
		slog.New(slog.NewTextHandler(&out, nil)).Info("m", "v", v)
		return out.String()
	}
	for _, v := range []any{
		frame, &frame, *offer, offer, hello, &hello, *reply.Negotiated, &reply, wire.Ack{Token: tok}, wire.Ready{Token: tok},
		wire.Commit{Token: tok}, wire.Attempt{Token: tok}, []wire.Frame{frame}, hello.AuthToken,
	} {
		out := printed(v)
		for _, sign := range []string{"211 197", "211, 197", "d3c5", "D3C5", "d3 c5", "323 305", "08XF5f"} {
			require.NotContains(t, out, sign, "%T", v)
		}
	}
	b, err := json.Marshal(hello.AuthToken)
	require.NoError(t, err)
	require.Equal(t, `"Secret(redacted)"`, string(b))
	require.Equal(t, "Secret(redacted)", fmt.Sprintf("%x", hello.AuthToken))
	require.Equal(t, "Secret(redacted)", hello.AuthToken.LogValue().String(), "a log says that there is one")
	require.Equal(t, frame.String(), frame.LogValue().String())
	require.Contains(t, printed(secret), "211 197", "the check can fail")
	require.Equal(t, "Frame(request handoff, request 0, 43 bytes)", strings.Replace(frame.String(), fmt.Sprint(len(frame.Payload)), "43", 1))
	require.Contains(t, printed(wire.Frame{Protocol: 0xAD01, Kind: 9}), "Frame(Kind(9) Protocol(0xad01), request 0, 0 bytes)")
}

func TestProtocolsHaveNames(t *testing.T) {
	for p, name := range map[wire.Protocol]string{
		wire.ProtocolHello: "hello", wire.ProtocolHandoff: "handoff", wire.ProtocolLink: "link", wire.ProtocolClient: "client",
		0xF0D2: "Protocol(0xf0d2)",
	} {
		require.Equal(t, name, p.String())
	}
}

// As in protobuf, every value but zero is true, and a 32-bit field keeps the low bits.
func TestOversizedNumbersAreTruncatedAsInProtobuf(t *testing.T) {
	f := asAck
	f.Payload = unhex(t, "0a10"+tokenHex+"10808002")
	require.True(t, parse(t, f).(*wire.Ack).Accepted)
	f = asLink
	f.Payload = unhex(t, "0a09 088180808010 120161")
	require.EqualValues(t, 1, parse(t, f).(*wire.LinkHello).Version)
}

// Where a token may be missing, an empty one means the same.
func TestEmptyOptionalTokenIsMissing(t *testing.T) {
	f := asOffer
	f.Payload = unhex(t, "1210"+tokenHex+"1a0161 c20600")
	require.True(t, parse(t, f).(*wire.Offer).ReadyToken.IsZero())
	f = asReply
	f.Payload = unhex(t, "0a14 3a10"+tokenHex+"3a00")
	require.True(t, parse(t, f).(*wire.HelloReply).Negotiated.Token.IsZero())
}

func TestEveryReasonHasADecision(t *testing.T) {
	for r := fallback.ClientUnsupported; r <= fallback.BackendGone; r++ {
		require.Equal(t, r.String(), wire.ReasonOf(r).String())
		require.Equal(t, r, wire.ReasonOf(r).Fallback())
	}
	require.Zero(t, wire.ReasonOf(0))
	for r, want := range map[wire.Reason]fallback.Reason{
		0: fallback.BackendRejected, -1: fallback.BackendRejected, 11: fallback.BackendRejected, 1000: fallback.BackendRejected,
		wire.ReasonBusy: fallback.BackendRejected, wire.ReasonDraining: fallback.BackendRejected,
		wire.ReasonDescriptorMissing: fallback.IntegrityMismatch, wire.ReasonDescriptorTruncated: fallback.IntegrityMismatch,
	} {
		require.Equal(t, want, r.Fallback(), "%v", r)
	}
	m := wire.Fallback{Reason: wire.ReasonBusy, RetryAfter: 5}
	require.Equal(t, fallback.Decision{Reason: fallback.BackendRejected, RetryAfter: 5}, m.Decision())
	require.NotZero(t, new(wire.Fallback).Decision())
}

func TestTimeNamespacesAreTheSameIfKnown(t *testing.T) {
	a := wire.TimeNamespace{Device: 4, Inode: 4026531834}
	require.True(t, a.Same(a))
	require.False(t, a.Same(wire.TimeNamespace{Device: 4, Inode: 4026531835}))
	require.False(t, a.Same(wire.TimeNamespace{Device: 5, Inode: 4026531834}))
	require.False(t, wire.TimeNamespace{}.Same(wire.TimeNamespace{}))
	require.False(t, wire.TimeNamespace{Device: 4}.Same(wire.TimeNamespace{Device: 4}))
}
