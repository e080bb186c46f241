package client_test

import (
	"testing"
	"time"

	"github.com/handoff-go/handoff/registry"
	"github.com/handoff-go/handoff/wire"
	"github.com/stretchr/testify/require"
)

// The frames that brokers and backends say.

func token(t testing.TB, last byte) registry.Token {
	t.Helper()
	b := make([]byte, registry.TokenSize)
	b[0], b[len(b)-1] = 1, last
	token, err := registry.ParseToken(b)
	require.NoError(t, err)
	return token
}

// handedOver is a reply that says that a handoff is under way.
func handedOver(t testing.TB, budget time.Duration, address string) []byte {
	m := wire.HelloReply{FrameID: 1, Negotiated: &wire.Negotiated{
		Protocol: 1, Address: address, Capabilities: wire.CapabilityHandlePassing, Token: token(t, 7), WaitBudget: budget,
	}}
	return m.Append(nil)
}

// notHandedOver is one that says that none is.
func notHandedOver(address string) []byte {
	m := wire.HelloReply{FrameID: 1, Negotiated: &wire.Negotiated{Protocol: 1, Address: address}}
	return m.Append(nil)
}

func refused(code wire.RefusedCode) []byte {
	m := wire.HelloReply{FrameID: 1, Refused: &wire.Refused{Code: code, Reason: "no", RetryAfter: time.Second}}
	return m.Append(nil)
}

func ready(t testing.TB) []byte {
	m := wire.Ready{Token: token(t, 7), Accepted: true, CorrelationID: 3}
	return m.Append(nil)
}

func fallbackTo(address string) []byte {
	m := wire.Fallback{Address: address, Reason: wire.ReasonBackendGone}
	return m.Append(nil)
}

// join puts frames, and what stands behind them, into one piece.
func join(parts ...[]byte) []byte {
	var all []byte
	for _, part := range parts {
		all = append(all, part...)
	}
	return all
}
