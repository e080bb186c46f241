package broker

// The steps of a broker, as Event.Op names them. A step has the same name in the
// specification, in a trace and in the table of faults.
const (
	OpAcceptClient = "AcceptClient" // a client connected
	OpReadHello    = "ReadHello"    // its hello is in
	OpRoute        = "Route"        // it is known what a plain client wants
	OpSendReply    = "SendReply"    // the hello is answered
	OpBegin        = "Begin"        // a handoff is registered
	OpSendOffer    = "SendOffer"    // the first byte of an offer is gone, and the descriptor with it
	OpOfferWritten = "OfferWritten" // all of it is
	OpReadAck      = "ReadAck"      // an ACK is read
	OpAcknowledge  = "Acknowledge"  // the registry has judged it
	OpSendCommit   = "SendCommit"   // the owner is told
	OpCloseCopy    = "CloseCopy"    // the broker's copy of the connection is closed
	OpReadNack     = "ReadNack"     // a rejection is read
	OpAbandon      = "Abandon"      // a handoff left as abandoned
	OpReadClock    = "ReadClock"    // at a deadline
	OpDrain        = "Drain"        // the link's queue was read until it was empty
	OpExpire       = "Expire"       // a handoff left as expired, by the proof that no ACK was sent in time
	OpFence        = "Fence"        // the connection is ended for all that hold it
	OpSendRevoke   = "SendRevoke"   // a holder is told to let go
	OpReadReleased = "ReadReleased" // it has
	OpSettle       = "Settle"       // every earlier holder has let go, or will not be waited for (Err)
	OpSendFallback = "SendFallback" // the client is told to reconnect
	OpProxy        = "Proxy"        // the broker serves the connection by proxy
	OpEndConn      = "EndConn"      // the broker shut the connection down and closed it
	OpLinkUp       = "LinkUp"       // a backend is welcome
	OpLinkEnd      = "LinkEnd"      // the end of a link's stream is read
	OpDropLink     = "DropLink"     // the broker reads a link no further
)

// Event is one step that a broker took.
type Event struct {
	Op          string // one of the Op constants
	Link        uint64 // the number of the link, from 1; 0: the step is about none
	Correlation uint64 // of the offer that the step is about; 0: none
	Ref         uint64 // names the token as registry.Event.Ref does; 0: none
	Err         error  // why the step went wrong; nil: it did not
	Note        string // words: AcceptClient, Begin and SendFallback name the client by its address
}

func (b *Broker) trace(e Event) {
	if b.o.Trace != nil {
		b.o.Trace(e)
	}
}

// trace tells a step about the link itself.
func (l *link) trace(op string, err error, note string) {
	if l.b.o.Trace != nil {
		l.b.o.Trace(Event{Op: op, Link: l.id, Err: err, Note: note})
	}
}

// trace tells a step about one attempt.
func (a *attempt) trace(op string, err error) { a.traceNote(op, err, "") }

func (a *attempt) traceNote(op string, err error, note string) {
	if trace := a.link.b.o.Trace; trace != nil {
		trace(Event{Op: op, Link: a.link.id, Correlation: a.correlation, Ref: a.ref, Err: err, Note: note})
	}
}
