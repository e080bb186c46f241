package client_test

import (
	"testing"
	"time"

	"github.com/handoff-go/handoff/registry"
	"github.com/handoff-go/handoff/wire"
	"github.com/stretchr/testify/require"
)

// The frames that brokers and backends send.

func token(t testing.TB, last byte) registry.Token {
	t.Helper()
	b := make([]byte, registry.TokenSize)
	b[0], b[len(b)-1] = 1, last
	token, err := registry.ParseToken(b)
	require.NoError(t, err)
	return token
}

// replyHandedOver is a reply which says that a handoff is under way.
func replyHandedOver(t testing.TB, budget time.Duration, address string) []byte {
	m := wire.HelloReply{FrameID: 1, Negotiated: &wire.Negotiated{
		Protocol: 1, Address: address, Capabilities: wire.CapabilityHandlePassing, Token: token(t, 7), WaitBudget: budget,
	}}
	return m.Append(nil)
}

// replyNotHandedOver is a reply which says that nothing is handed over.
func replyNotHandedOver(address string) []byte {
	m := wire.HelloReply{FrameID: 1, Negotiated: &wire.Negotiated{Protocol: 1, Address: address}}
	return m.Append(nil)
}

func replyRefused(code wire.RefusedCode) []byte {
	m := wire.HelloReply{FrameID: 1, Refused: &wire.Refused{Code: code, Reason: "no", RetryAfter: time.Second}}
	return m.Append(nil)
}

func readyFrame(t testing.TB) []byte {
	m := wire.Ready{Token: token(t, 7), Accepted: true, CorrelationID: 3}
	return m.Append(nil)
}

func fallbackFrame(address string) []byte {
	m := wire.Fallback{Address: address, Reason: wire.ReasonBackendGone}
	return m.Append(nil)
}

// join concatenates frames and the bytes behind them.
func join(parts ...[]byte) []byte {
	var all []byte
	for _, part := range parts {
		all = append(all, part...)
	}
	return all
}
