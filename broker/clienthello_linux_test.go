package broker_test

import (
	"strings"
	"testing"

	"github.com/handoff-go/handoff/broker"
	"github.com/handoff-go/handoff/fallback"
	"github.com/handoff-go/handoff/wire"
	"github.com/stretchr/testify/require"
)

// A hello that is framed as one is answered, whatever its fields are: a client that hears nothing
// cannot tell a refusal from a broker that is gone.
func TestInvalidHelloIsRefusedByAReply(t *testing.T) {
	hello := func(change func(*wire.Hello)) []byte {
		m := wire.Hello{FrameID: 7, MinProtocol: 1, MaxProtocol: 1, Service: service, Capabilities: wire.CapabilityHandlePassing}
		change(&m)
		return m.Append(nil)
	}
	for name, test := range map[string]struct {
		sent   []byte
		reason string // a part of it
	}{
		"no service":               {hello(func(m *wire.Hello) { m.Service = "" }), "service"},
		"a service in capitals":    {hello(func(m *wire.Hello) { m.Service = "Echo" }), "service"},
		"a service with a path":    {hello(func(m *wire.Hello) { m.Service = "../echo" }), "service"},
		"a service of 65 bytes":    {hello(func(m *wire.Hello) { m.Service = strings.Repeat("a", 65) }), "service"},
		"a wanted version too big": {hello(func(m *wire.Hello) { m.WantedVersion = strings.Repeat("1", 65) }), "field 4"},
		"a text that is no text":   {hello(func(m *wire.Hello) { m.ClientVersion = "\xff" }), "UTF-8"},
		"a field of another type": {wire.Frame{Version: 1, Protocol: wire.ProtocolHello, RequestID: 7,
			Payload: []byte{0x18, 0x01}}.Append(nil), "wire type"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, patient())
			c := w.dial()
			_, err := c.Write(test.sent)
			require.NoError(t, err)
			c.readReply(t)
			require.NotNil(t, c.reply.Refused)
			require.EqualValues(t, 7, c.reply.FrameID)
			require.Equal(t, wire.RefusedPeerRejected, c.reply.Refused.Code)
			require.Contains(t, c.reply.Refused.Reason, test.reason)
			c.ended(t)
			outcome := w.outcome()
			require.Equal(t, broker.Fallback, outcome.Kind)
			require.Equal(t, fallback.ServicePolicyDisabled, outcome.Decision.Reason)
			require.Zero(t, outcome.Attempts)
		})
	}
}

func TestWantedVersionIsJudged(t *testing.T) {
	const blocked = wire.RefusedVersionBlocked
	for name, test := range map[string]struct {
		versions []string
		wanted   string
		refused  wire.RefusedCode // zero: it is not
	}{
		"any, as nothing is said":   {nil, "1.2.3", 0},
		"none, as nothing is said":  {nil, "", 0},
		"one that is listed":        {[]string{"1.2.2", "1.2.3"}, "1.2.3", 0},
		"one that is not listed":    {[]string{"1.2.2", "1.2.3"}, "1.2", blocked},
		"none, where one is needed": {[]string{"1.2.3"}, "", blocked},
		"none, which is listed":     {[]string{"1.2.3", ""}, "", 0},
		"one, where none is served": {[]string{}, "1.2.3", blocked},
	} {
		t.Run(name, func(t *testing.T) {
			o := patient()
			o.Services = map[string]broker.Service{service: {Versions: test.versions}}
			w := newWorld(t, o)
			c := w.dial()
			m := wire.Hello{FrameID: 7, MinProtocol: 1, MaxProtocol: 1, Service: service, WantedVersion: test.wanted}
			_, err := c.Write(m.Append(nil))
			require.NoError(t, err)
			c.readReply(t)
			if test.refused == 0 {
				require.NotNil(t, c.reply.Negotiated)
			} else {
				require.Equal(t, test.refused, c.reply.Refused.Code)
			}
			c.ended(t)
			require.Equal(t, broker.Fallback, w.outcome().Kind)
		})
	}
	_, err := broker.New(broker.Options{Services: map[string]broker.Service{"a": {Versions: []string{strings.Repeat("1", 65)}}}})
	var option *broker.OptionError
	require.ErrorAs(t, err, &option)
	require.Equal(t, "Services", option.Option)
}

func TestHelloThatCannotBeServed(t *testing.T) {
	cases := map[string]struct {
		hello   wire.Hello
		refused wire.RefusedCode
		reason  fallback.Reason
	}{
		"a version of the future": {wire.Hello{MinProtocol: 2, MaxProtocol: 3, Service: service, Capabilities: 1}, wire.RefusedVersionUnsupported, fallback.ServicePolicyDisabled},
		"an unknown service":      {wire.Hello{Service: "other", Capabilities: 1}, wire.RefusedServiceUnknown, fallback.ServicePolicyDisabled},
		"a disabled service":      {wire.Hello{Service: "off", Capabilities: 1}, 0, fallback.ServicePolicyDisabled},
		"a client that cannot":    {wire.Hello{Service: service}, 0, fallback.ClientUnsupported},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			o := patient()
			o.Services = map[string]broker.Service{service: {Reconnect: "/here"}, "off": {Disabled: true, Reconnect: "/here"}}
			w := newWorld(t, o)
			c := w.dial()
			test.hello.FrameID = 7
			_, err := c.Write(test.hello.Append(nil))
			require.NoError(t, err)
			c.readReply(t)
			if test.refused != 0 {
				require.Equal(t, test.refused, c.reply.Refused.Code)
			} else {
				require.Equal(t, "/here", c.reply.Negotiated.Address)
				require.True(t, c.reply.Negotiated.Token.IsZero())
				require.Zero(t, c.reply.Negotiated.WaitBudget)
			}
			c.ended(t)
			outcome := w.outcome()
			require.Equal(t, broker.Fallback, outcome.Kind)
			require.Equal(t, test.reason, outcome.Decision.Reason)
		})
	}
}
