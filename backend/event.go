package backend

// The steps of a backend, as Event.Op names them. A step has the same name in the
// specification, in a trace and in the table of faults.
const (
	OpDialControl   = "DialControl"   // the broker is connected to
	OpSendLinkHello = "SendLinkHello" // and told who is there
	OpLinkUp        = "LinkUp"        // the broker said welcome
	OpReadOffer     = "ReadOffer"     // an offer is read
	OpReserve       = "Reserve"       // a waiting Accept is matched with it
	OpSendAck       = "SendAck"       // the last byte of the ACK is written, or its writing failed (Err)
	OpReadClock     = "ReadClock"     // right after that
	OpOwn           = "Own"           // the connection is this backend's
	OpUncertain     = "Uncertain"     // the broker will say whose it is
	OpReadCommit    = "ReadCommit"    // it is this backend's
	OpReadRevoke    = "ReadRevoke"    // it is not
	OpCloseCopy     = "CloseCopy"     // this backend's copy is closed
	OpSendReleased  = "SendReleased"  // and the broker told so
	OpSendNack      = "SendNack"      // an offer is rejected
	OpSendReady     = "SendReady"     // the client is told who serves it
	OpDrainLink     = "DrainLink"     // a dead link's queue was read to its end
	OpServe         = "Serve"         // the connection is returned by Accept
	OpLinkEnd       = "LinkEnd"       // the link is closed
)

// Event is one step that a backend took.
type Event struct {
	Op          string // one of the Op constants
	Link        uint64 // the number of the link, from 1; 0: the step is about none
	Correlation uint64 // of the offer that the step is about; 0: none
	Ref         uint64 // always 0: only a broker's registry names tokens
	Err         error  // why the step went wrong; nil: it did not
	Note        string // words
}

func (l *link) trace(op string, err error, note string) {
	if trace := l.listener.o.Trace; trace != nil {
		trace(Event{Op: op, Link: l.id, Err: err, Note: note})
	}
}

func (o *offer) trace(op string, err error) {
	if trace := o.link.listener.o.Trace; trace != nil {
		trace(Event{Op: op, Link: o.link.id, Correlation: o.correlation, Err: err})
	}
}
