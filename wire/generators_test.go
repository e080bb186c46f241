package wire_test

import (
	"time"

	"github.com/handoff-go/handoff/registry"
	"github.com/handoff-go/handoff/wire"
	"pgregory.net/rapid"
)

// messages draws any valid message: small and large, with fields missing or at their limits.
func messages() *rapid.Generator[wire.Message] {
	return rapid.Custom(func(t *rapid.T) wire.Message {
		return drawMessage(t, rapid.IntRange(0, 15).Draw(t, "message"))
	})
}

// drawMessage draws a message of one type; HelloReply has two numbers.
func drawMessage(t *rapid.T, which int) wire.Message {
	switch which {
	case 0:
		return drawHello(t)
	case 1:
		return &wire.HelloReply{FrameID: number64(t), Negotiated: drawNegotiated(t)}
	case 2:
		return &wire.HelloReply{FrameID: number64(t), Refused: drawRefused(t)}
	case 3:
		return drawOffer(t)
	case 4:
		return drawAck(t)
	case 5:
		ready := wire.Ready(*drawAck(t))
		return &ready
	case 6:
		return &wire.Fallback{Address: text(t, wire.MaxAddress), Reason: enum[wire.Reason](t), RetryAfter: wait(t, time.Millisecond)}
	case 7:
		return &wire.LinkHello{
			Version: max(1, number32(t)), Service: service(t), MaxInFlight: number32(t),
			TimeNamespace: wire.TimeNamespace{Device: number64(t), Inode: number64(t)},
		}
	case 8:
		return &wire.Ping{Nonce: number64(t)}
	case 9:
		return &wire.Pong{Nonce: number64(t), Clock: number64(t)}
	case 10:
		return &wire.Welcome{
			Version: max(1, number32(t)), Mode: rapid.SampledFrom([]wire.Mode{wire.ModeLease, wire.ModeCommitOnly}).Draw(t, "mode"),
			MaxInFlight: max(1, number32(t)), AckDeadline: max(1, wait(t, 1)), PingInterval: wait(t, 1),
		}
	case 11:
		return &wire.Commit{Token: token(t), CorrelationID: number64(t)}
	case 12:
		return &wire.Revoke{Token: token(t), CorrelationID: number64(t)}
	case 13:
		return &wire.Released{Token: token(t), CorrelationID: number64(t)}
	case 14:
		return &wire.Draining{}
	}
	return &wire.Bye{Reason: enum[wire.ByeReason](t), Detail: text(t, wire.MaxDetail)}
}

func drawHello(t *rapid.T) *wire.Hello {
	return &wire.Hello{
		FrameID: number64(t), MinProtocol: number32(t), MaxProtocol: number32(t), Service: service(t),
		WantedVersion: text(t, 64), ClientVersion: text(t, wire.MaxVersion), Capabilities: number64(t),
		AuthToken: blob(t, 20<<10), RequestID: text(t, 10<<10), ConnectionID: number64(t), PeerPID: number32(t),
		LibName: text(t, 64), LibVersion: text(t, 64), AttestationNonce: blob(t, 10<<10), CapabilityToken: blob(t, 10<<10),
		KeepaliveSecs: number64(t),
	}
}

func drawNegotiated(t *rapid.T) *wire.Negotiated {
	m := &wire.Negotiated{
		Protocol: number32(t), DaemonVersion: text(t, 1<<10), Address: text(t, wire.MaxAddress), Capabilities: number64(t),
		KeepaliveSecs: number64(t), ConnectionID: number64(t), WaitBudget: wait(t, time.Millisecond),
	}
	for range rapid.SampledFrom([]int{0, 0, 1, 2, wire.MaxItems}).Draw(t, "warnings") {
		m.Warnings = append(m.Warnings, text(t, 700))
	}
	if rapid.Bool().Draw(t, "with a token") {
		m.Token = token(t)
	}
	return m
}

func drawRefused(t *rapid.T) *wire.Refused {
	m := &wire.Refused{
		Reason: text(t, 1<<10), MinProtocol: number32(t), MaxProtocol: number32(t), Code: enum[wire.RefusedCode](t),
		RetryAfter: wait(t, time.Millisecond),
	}
	for range rapid.SampledFrom([]int{0, 0, 1, 2, wire.MaxItems}).Draw(t, "details") {
		if m.Details == nil {
			m.Details = map[string]string{}
		}
		m.Details[text(t, 64)] = text(t, 700)
	}
	return m
}

func drawOffer(t *rapid.T) *wire.Offer {
	m := &wire.Offer{
		HandleValue: number64(t), Token: token(t), Service: service(t), CorrelationID: number64(t), ServeBy: number64(t),
		Preface: blob(t, wire.MaxPreface), Metadata: blob(t, wire.MaxMetadata), ClientAddress: text(t, wire.MaxAddress),
	}
	if rapid.Bool().Draw(t, "explicit client") {
		m.ReadyToken = token(t)
	}
	return m
}

func drawAck(t *rapid.T) *wire.Ack {
	m := &wire.Ack{
		Token: token(t), Accepted: rapid.Bool().Draw(t, "accepted"), Detail: text(t, wire.MaxDetail),
		CorrelationID: number64(t), RetryAfter: wait(t, time.Millisecond),
	}
	if !m.Accepted {
		m.Reason = enum[wire.Reason](t)
	}
	return m
}

// number64 draws numbers of every encoded length.
func number64(t *rapid.T) uint64 {
	return rapid.Uint64().Draw(t, "bits") >> rapid.IntRange(0, 63).Draw(t, "shift")
}

func number32(t *rapid.T) uint32 { return uint32(number64(t)) }

// enum draws a known, an unknown or a negative number.
func enum[T ~int32](t *rapid.T) T {
	return T(rapid.OneOf(rapid.Int32Range(0, 70), rapid.Int32()).Draw(t, "enum"))
}

func wait(t *rapid.T, unit time.Duration) time.Duration {
	most := int64((1<<63 - 1) / unit)
	return unit * time.Duration(rapid.OneOf(rapid.Int64Range(0, min(most, 100_000)), rapid.Int64Range(0, most)).Draw(t, "wait"))
}

func token(t *rapid.T) registry.Token {
	b := rapid.SliceOfN(rapid.Byte(), registry.TokenSize, registry.TokenSize).Draw(t, "token")
	b[0] |= 1 // never zero
	tok, err := registry.ParseToken(b)
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

func service(t *rapid.T) string { return rapid.StringMatching(`[a-z0-9-]{1,64}`).Draw(t, "service") }

// blob draws at most limit bytes: few, exactly limit, or about as many as make their length take
// another byte.
func blob(t *rapid.T, limit int) []byte {
	n := rapid.OneOf(rapid.IntRange(0, 8), rapid.SampledFrom([]int{limit, 126, 127, 128, 129})).Draw(t, "length")
	n = min(n, limit)
	if n == 0 {
		return nil
	}
	b := make([]byte, n)
	seed := rapid.Byte().Draw(t, "bytes")
	for i := range b {
		b[i] = byte(i) * seed
	}
	return b
}

// text is blob for strings: valid UTF-8, with characters of every length.
func text(t *rapid.T, limit int) string {
	if rapid.Bool().Draw(t, "short") {
		return rapid.StringOfN(rapid.Rune(), -1, 8, min(limit, 32)).Draw(t, "text")
	}
	b := blob(t, limit)
	for i := range b {
		b[i] = b[i]&0x3f | 0x40
	}
	return string(b)
}
