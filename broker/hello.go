package broker

import (
	"bytes"
	"time"

	"github.com/handoff-go/handoff/fallback"
	"github.com/handoff-go/handoff/wire"
)

// protocol is the version of the client's protocol that is spoken here. docs/reference.md fixes it.
const protocol = 1

// greet answers the hello of a client and makes its transfer. It returns false if the
// client is dealt with: then nothing is on its way. Spec: ReadHello, SendReply.
func (a *pendingClient) greet(p *transfer) bool {
	hello, err := parseHello(a.hello)
	if err != nil {
		a.b.trace(Event{Op: OpReadHello, Err: err})
		a.fail(err)
		return false
	}
	a.b.trace(Event{Op: OpReadHello, Note: hello.Service})
	p.request = Request{Service: hello.Service, ClientAddress: remote(a.from)}
	p.enter()
	reply := wire.HelloReply{FrameID: hello.FrameID}
	if refused := a.b.refuse(hello); refused != nil {
		reply.Refused = refused
		p.why = fallback.Decision{Reason: fallback.ServicePolicyDisabled, RetryAfter: refused.RetryAfter}
	} else {
		reply.Negotiated, err = p.negotiate(hello)
	}
	if err == nil {
		err = p.conn.write(reply.Append(nil))
	}
	a.b.trace(Event{Op: OpSendReply, Err: err})
	if err != nil {
		a.b.inFlight.Add(-1)
		a.fail(err)
		return false
	}
	if !p.ready.IsZero() {
		return true
	}
	go func() { // what the reply said is all that there is to say
		p.conn.linger(p.b.o.SettleTimeout)
		p.conn.end("not handed over")
		o := p.outcome()
		o.Kind, o.Decision = Fallback, p.why
		p.finish(o)
	}()
	return false
}

func parseHello(b []byte) (*wire.Hello, error) {
	frame, err := wire.ReadFrame(bytes.NewReader(b), wire.MaxHello)
	if err != nil {
		return nil, err
	}
	m, err := wire.Parse(frame)
	if err != nil {
		return nil, err
	}
	hello, ok := m.(*wire.Hello)
	if !ok {
		return nil, &wire.EnvelopeError{Got: uint64(frame.Kind), Err: wire.ErrKind}
	}
	return hello, nil
}

// refuse returns why a client cannot be told anything better than no; nil: it can.
func (b *Broker) refuse(hello *wire.Hello) *wire.Refused {
	refused := wire.Refused{MinProtocol: protocol, MaxProtocol: protocol}
	switch {
	case hello.MinProtocol > protocol || (hello.MaxProtocol != 0 && hello.MaxProtocol < protocol):
		refused.Code, refused.Reason = wire.RefusedVersionUnsupported, "protocol version is not spoken here"
	case b.isClosing():
		refused.Code, refused.Reason, refused.RetryAfter = wire.RefusedShuttingDown, "shutting down", time.Second
	case b.service(hello.Service) == nil:
		refused.Code, refused.Reason = wire.RefusedServiceUnknown, "service is not known"
	default:
		return nil
	}
	return &refused
}

// negotiate makes the reply to a hello. If the client is to be handed over the transfer
// has the token that it will be told ready with; else p.why says why not.
func (p *transfer) negotiate(hello *wire.Hello) (*wire.Negotiated, error) {
	s := p.b.service(hello.Service)
	reply := &wire.Negotiated{Protocol: protocol, Address: s.reconnect, Capabilities: wire.CapabilityHandlePassing}
	switch {
	case hello.Capabilities&wire.CapabilityHandlePassing == 0:
		p.why = fallback.Decision{Reason: fallback.ClientUnsupported}
	case s.disabled:
		p.why = fallback.Decision{Reason: fallback.ServicePolicyDisabled}
	}
	if p.why.Reason != 0 {
		return reply, nil
	}
	token, err := randomToken()
	if err != nil {
		return nil, err
	}
	p.ready, reply.Token = token, token
	// The client waits for the whole way, not for one deadline of it.
	reply.WaitBudget = p.b.budget(s)
	p.until = time.Now().Add(reply.WaitBudget)
	return reply, nil
}

// budget returns how long it may take to know what becomes of a connection.
func (b *Broker) budget(s *service) time.Duration {
	return time.Duration(b.o.Attempts) * (s.deadline + b.o.SettleTimeout)
}
