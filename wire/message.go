package wire

// Message is one of these: [*Hello], [*HelloReply], [*Offer], [*Ack], [*Ready], [*Fallback], and on a
// link [*LinkHello], [*Ping], [*Pong], [*Welcome], [*Commit], [*Revoke], [*Released], [*Draining] and
// [*Bye]. They are plain values: they may be copied and reused, and must not be changed
// concurrently.
type Message interface {
	// Append adds the whole frame of the message to b and returns the extended slice. It
	// does not allocate if the capacity of b suffices, unless the message is a reply with
	// details, which it sorts. It does not call Check.
	Append(b []byte) []byte

	// Check returns nil if a peer accepts the message, and else a [*FieldError] for the
	// first invalid field.
	Check() error

	// merge sets the fields that occur in f, and leaves the others unchanged.
	merge(f *fields)
}

// Parse returns the message in a frame. Its byte slices share the memory of the frame. For the
// errors see [Parser.Parse].
func Parse(f Frame) (Message, error) { return new(Parser).Parse(f) }

// Parser parses messages without an allocation for each. The zero Parser is ready to use. A
// Parser must not be used concurrently, or copied after its first use.
type Parser struct {
	hello     Hello
	reply     HelloReply
	offer     Offer
	ack       Ack
	ready     Ready
	fallback  Fallback
	linkHello LinkHello
	ping      Ping
	pong      Pong
	welcome   Welcome
	commit    Commit
	revoke    Revoke
	released  Released
	draining  Draining
	bye       Bye

	lastService   string // a link serves one service, so the next name is probably the same
	fields, inner fields // not local variables: an argument of an interface method escapes to the heap
}

// Parse returns the message in a frame. The message belongs to the Parser, which reuses it for the
// next message of its type; its byte slices share the memory of the frame.
//
// It returns an [*EnvelopeError] if no message has the envelope of f, or if the request id is not
// the correlation id of the offer or ACK; a [*FrameSizeError] if the payload is larger than the
// limit of its kind; and a [*FieldError] if a field is invalid.
func (p *Parser) Parse(f Frame) (Message, error) {
	if err := f.expectAny(); err != nil {
		return nil, err
	}
	if limit := maxPayload(f); len(f.Payload) > limit {
		return nil, &FrameSizeError{Size: uint32(len(f.Payload)), Max: limit}
	}
	p.fields = fields{rest: f.Payload, lastText: p.lastService}
	m := p.message(f)
	err := p.fields.err
	p.fields, p.inner = fields{}, fields{} // drop the references to the frame's memory
	if err == nil {
		err = m.Check()
	}
	if err == nil {
		err = p.applyEnvelope(f, m)
	}
	if err != nil {
		return nil, err
	}
	return m, nil
}

// message returns the message of the frame's kind and protocol with its fields set. An error is in
// p.fields.
func (p *Parser) message(f Frame) Message {
	var m Message
	switch f.Protocol {
	case ProtocolHello:
		switch f.Kind {
		case KindRequest:
			m = reset(&p.hello)
		default:
			m = reset(&p.reply)
		}
	case ProtocolHandoff:
		switch f.Kind {
		case KindRequest:
			m = reset(&p.offer)
		case KindResponse:
			m = reset(&p.ack)
		default:
			m = reset(&p.ready)
		}
	case ProtocolClient:
		m = reset(&p.fallback)
	default:
		return p.link()
	}
	m.merge(&p.fields)
	return m
}

// applyEnvelope sets the fields of m that the envelope carries, and checks the request id.
func (p *Parser) applyEnvelope(f Frame, m Message) error {
	correlationID := f.RequestID
	switch m := m.(type) {
	case *Hello:
		m.FrameID = f.RequestID
		p.lastService = m.Service
	case *HelloReply:
		m.FrameID = f.RequestID
	case *Offer:
		correlationID = m.CorrelationID
		p.lastService = m.Service
	case *Ack:
		correlationID = m.CorrelationID
	}
	if correlationID != f.RequestID {
		return &EnvelopeError{Got: f.RequestID, Err: ErrRequestID}
	}
	return nil
}

func maxPayload(f Frame) int {
	switch {
	case f.Protocol == ProtocolHello:
		return MaxHello
	case f.Protocol == ProtocolHandoff && f.Kind == KindRequest:
		return MaxOffer
	}
	return MaxControl
}

// reset empties m and returns it.
func reset[T any](m *T) *T {
	var zero T
	*m = zero
	return m
}
