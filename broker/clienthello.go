package broker

import (
	"bytes"
	"crypto/rand"
	"errors"
	"slices"
	"time"

	"github.com/handoff-go/handoff/fallback"
	"github.com/handoff-go/handoff/registry"
	"github.com/handoff-go/handoff/wire"
)

// protocol is the version of the client's protocol that is spoken here. docs/reference.md fixes it.
const protocol = 1

// endByReply ends the connection of a client that the reply to its hello told to reconnect.
func (t *transfer) endByReply(why fallback.Decision) {
	o := t.outcome(why)
	o.Kind = Fenced
	if t.advance(OpSendFallback) { // by the reply
		t.conn.linger(t.b.o.SettleTimeout)
		t.conn.end("not handed over")
		o.Kind = Fallback
	}
	t.finish(o)
}

// parseHello returns the hello in a frame. If the frame is that of a hello, but a field is not valid,
// it returns a hello with a FrameID only, and what is invalid: such a client is refused by a reply, as
// by running-process. A client that sends anything else cannot be expected to read one.
func parseHello(b []byte) (hello *wire.Hello, invalid *wire.FieldError, err error) {
	frame, err := wire.ReadFrame(bytes.NewReader(b), wire.MaxHello)
	if err != nil {
		return nil, nil, err
	}
	if err := frame.Expect(wire.KindRequest, wire.ProtocolHello); err != nil {
		return nil, nil, err
	}
	m, err := wire.Parse(frame)
	if err == nil {
		return m.(*wire.Hello), nil, nil // as expected
	}
	var field *wire.FieldError
	if errors.As(err, &field) {
		return &wire.Hello{FrameID: frame.RequestID}, field, nil
	}
	return nil, nil, err
}

// refusal returns the refusal that answers a hello; nil: the hello is not refused. invalid is what
// parseHello found, or nil.
func (b *Broker) refusal(hello *wire.Hello, invalid *wire.FieldError) *wire.Refused {
	versions := b.o.Services[hello.Service].Versions
	switch {
	case invalid != nil:
		return refused(wire.RefusedPeerRejected, "hello is not valid: "+invalid.Error())
	case hello.MinProtocol > protocol || (hello.MaxProtocol != 0 && hello.MaxProtocol < protocol):
		return refused(wire.RefusedVersionUnsupported, "protocol version is not spoken here")
	case b.isClosing():
		r := refused(wire.RefusedShuttingDown, "shutting down")
		r.RetryAfter = time.Second
		return r
	case b.service(hello.Service) == nil:
		return refused(wire.RefusedServiceUnknown, "service is not known")
	case versions != nil && !slices.Contains(versions, hello.WantedVersion):
		return refused(wire.RefusedVersionBlocked, "wanted version of the service is not served here")
	}
	return nil
}

func refused(code wire.RefusedCode, reason string) *wire.Refused {
	return &wire.Refused{Code: code, Reason: reason, MinProtocol: protocol, MaxProtocol: protocol}
}

// negotiate makes the reply to a hello that is not refused. If the client is to be handed over,
// t.ready is the token that ready will name its connection by. Otherwise negotiate returns why not;
// why is a reason that is known already, or zero.
func (t *transfer) negotiate(hello *wire.Hello, why fallback.Decision) (*wire.Negotiated, fallback.Decision, error) {
	s := t.b.service(hello.Service)
	reply := &wire.Negotiated{Protocol: protocol, Address: s.reconnect, Capabilities: wire.CapabilityHandlePassing}
	switch {
	case hello.Capabilities&wire.CapabilityHandlePassing == 0:
		why = fallback.Decision{Reason: fallback.ClientUnsupported}
	case s.disabled:
		why = fallback.Decision{Reason: fallback.ServicePolicyDisabled}
	}
	if why.Reason != 0 {
		return reply, why, nil
	}
	token, err := randomToken()
	if err != nil {
		return nil, why, err
	}
	t.ready, reply.Token = token, token
	// The client waits for all attempts, not for one deadline.
	reply.WaitBudget = t.b.budget(s)
	t.until = time.Now().Add(reply.WaitBudget)
	return reply, why, nil
}

// randomToken returns a token for a client to know its connection by.
func randomToken() (registry.Token, error) {
	var bytes [registry.TokenSize]byte
	if _, err := rand.Read(bytes[:]); err != nil {
		return registry.Token{}, err
	}
	return registry.ParseToken(bytes[:])
}
