package wire

// Message is any of the messages here, as a pointer: [*Hello], [*HelloReply], [*Offer],
// [*Ack], [*Ready], [*Fallback], and on a link [*LinkHello], [*Ping], [*Pong],
// [*Welcome], [*Commit], [*Revoke], [*Released], [*Draining] and [*Bye]. They are plain
// values without a lock: their owner may copy them and use them again.
type Message interface {
	// Append adds the whole frame of the message to b and returns the longer slice. It
	// takes no memory if b has the room, unless a reply has details to be sorted. It
	// does not call Check.
	Append(b []byte) []byte

	// Check returns nil if a peer takes the message, and else the first fault as a
	// [*FieldError].
	Check() error

	// merge sets the fields that f has, and leaves the others as they are.
	merge(f *fields)
}

// Parse returns the message that a frame carries, in memory of its own but for byte
// slices, which share the frame's. Errors: see [Parser.Parse].
func Parse(f Frame) (Message, error) { return new(Parser).Parse(f) }

// Parser turns frames into messages without taking memory for each. The zero Parser is
// ready. It is for one goroutine, and must not be copied after its first use.
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

	service       string // the latest: a link serves one, so the next is likely the same
	fields, inner fields // kept here because what a method of an interface is given escapes
}

// Parse returns the message that a frame carries. The message is the Parser's own, and
// holds until the next one of its type is parsed; its byte slices share the memory of
// the frame.
//
// It returns an [*EnvelopeError] for a frame that is no message's, and for one that has
// another request id than its offer's or ACK's correlation id; a [*FrameSizeError] for a
// payload that is larger than a frame of its kind may be; and else a [*FieldError].
func (p *Parser) Parse(f Frame) (Message, error) {
	if err := f.expectAny(); err != nil {
		return nil, err
	}
	if limit := maxPayload(f); len(f.Payload) > limit {
		return nil, &FrameSizeError{Size: uint32(len(f.Payload)), Max: limit}
	}
	p.fields = fields{rest: f.Payload, recent: p.service}
	m := p.message(f)
	err := p.fields.err
	p.fields, p.inner = fields{}, fields{} // they hold the frame's memory
	if err == nil {
		err = m.Check()
	}
	if err == nil {
		err = p.settle(f, m)
	}
	if err != nil {
		return nil, err
	}
	return m, nil
}

// message returns the fresh message of the frame's kind with the fields set, or nil and
// the fault in p.fields.
func (p *Parser) message(f Frame) Message {
	var m Message
	switch f.Protocol {
	case ProtocolHello:
		switch f.Kind {
		case KindRequest:
			m = renew(&p.hello)
		default:
			m = renew(&p.reply)
		}
	case ProtocolHandoff:
		switch f.Kind {
		case KindRequest:
			m = renew(&p.offer)
		case KindResponse:
			m = renew(&p.ack)
		default:
			m = renew(&p.ready)
		}
	case ProtocolClient:
		m = renew(&p.fallback)
	default:
		return p.link()
	}
	m.merge(&p.fields)
	return m
}

// settle does what a message needs of its envelope.
func (p *Parser) settle(f Frame, m Message) error {
	correlationID := f.RequestID
	switch m := m.(type) {
	case *Hello:
		m.FrameID = f.RequestID
		p.service = m.Service
	case *HelloReply:
		m.FrameID = f.RequestID
	case *Offer:
		correlationID = m.CorrelationID
		p.service = m.Service
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

// renew empties m and returns it.
func renew[T any](m *T) *T {
	var zero T
	*m = zero
	return m
}
