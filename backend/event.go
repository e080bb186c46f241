package backend

// Op names a step of a backend. A step has the same name in the specification, in a trace
// and in the table of faults.
type Op string

// The steps of a backend.
const (
	OpDialControl   Op = "DialControl"   // the broker's control socket was dialled, or that failed (Err)
	OpSendLinkHello Op = "SendLinkHello" // the link hello was sent, or its writing failed (Err)
	OpLinkUp        Op = "LinkUp"        // the broker's welcome was read
	OpReadOffer     Op = "ReadOffer"     // an offer was read
	OpReserve       Op = "Reserve"       // an offer was matched with an Accept
	OpSendAck       Op = "SendAck"       // the last byte of the ACK was written, or its writing failed (Err)
	OpReadClock     Op = "ReadClock"     // the clock was read, right after the ACK was written
	OpOwn           Op = "Own"           // the backend became the owner of the connection
	OpUncertain     Op = "Uncertain"     // the ACK alone does not make the backend the owner: commit or revoke decides
	OpReadCommit    Op = "ReadCommit"    // a commit was read; Err: for an offer that was never acknowledged
	OpReadRevoke    Op = "ReadRevoke"    // a revoke was read
	OpCloseCopy     Op = "CloseCopy"     // the backend's copy of the connection was closed without shutdown
	OpSendReleased  Op = "SendReleased"  // released was sent: the copy is closed; or its writing failed (Err)
	OpSendNack      Op = "SendNack"      // an offer was rejected, or the writing of the NACK failed (Err)
	OpSendReady     Op = "SendReady"     // the client was told that this backend serves it, or that failed (Err)
	OpDrainLink     Op = "DrainLink"     // what a failed link had already received was read to its end
	OpServe         Op = "Serve"         // Accept is about to return the connection
	OpLinkEnd       Op = "LinkEnd"       // the link was closed; Err: why, nil after the broker's end of file or bye
)

// Event is one step that a backend took.
type Event struct {
	Op          Op     // which step
	Link        uint64 // the link's number, from 1; 0: the step is about no link
	Correlation uint64 // the offer's correlation id; 0: the step is about no offer
	Err         error  // why the step failed; nil: it succeeded
	Note        string // details in words
}

func (l *link) trace(op Op, err error, note string) {
	if trace := l.listener.o.Trace; trace != nil {
		trace(Event{Op: op, Link: l.id, Err: err, Note: note})
	}
}

func (o *offer) trace(op Op, err error) {
	if trace := o.link.listener.o.Trace; trace != nil {
		trace(Event{Op: op, Link: o.link.id, Correlation: o.correlation, Err: err})
	}
}
