package broker

// Op names a step of a broker. A step has the same name in the specification, in a trace and in the
// table of faults.
type Op string

// The steps of a broker.
const (
	OpAcceptClient Op = "AcceptClient" // a client's connection was accepted
	OpReadHello    Op = "ReadHello"    // the client's hello was read
	OpRoute        Op = "Route"        // the route said which service a plain client wants
	OpSendReply    Op = "SendReply"    // the client's hello was answered, or that failed (Err)
	OpBegin        Op = "Begin"        // a handoff was registered
	OpSendOffer    Op = "SendOffer"    // the first byte of an offer was sent, with the descriptor
	OpOfferWritten Op = "OfferWritten" // the last byte of an offer was written
	OpReadAck      Op = "ReadAck"      // an ACK was read; Err: for no pending offer
	OpAcknowledge  Op = "Acknowledge"  // the registry judged the ACK; Err: it came too late
	OpSendCommit   Op = "SendCommit"   // a commit was sent: the backend is the owner
	OpCloseCopy    Op = "CloseCopy"    // the broker's copy of the connection was closed without shutdown
	OpReadNack     Op = "ReadNack"     // a NACK was read
	OpAbandon      Op = "Abandon"      // a handoff left the registry as abandoned
	OpReadClock    Op = "ReadClock"    // the clock was read, at a deadline
	OpDrain        Op = "Drain"        // what had arrived on the link was read until nothing was left, or could not be (Err)
	OpExpire       Op = "Expire"       // a handoff left the registry as expired: no ACK was sent in time
	OpFence        Op = "Fence"        // the connection was shut down for everybody who has a copy
	OpSendRevoke   Op = "SendRevoke"   // a holder was told to close its copy
	OpReadReleased Op = "ReadReleased" // the holder said that it has closed its copy
	OpSettle       Op = "Settle"       // the earlier holder has closed its copy, or is waited for no longer (Err)
	OpSendFallback Op = "SendFallback" // the client was told to reconnect, or that failed (Err)
	OpProxy        Op = "Proxy"        // the broker serves the client by proxy, or could not reach the target (Err)
	OpEndConn      Op = "EndConn"      // the broker shut down and closed a connection that it owns
	OpLinkUp       Op = "LinkUp"       // a backend's handshake was completed
	OpLinkEnd      Op = "LinkEnd"      // a link was read to its end: the backend has closed it
	OpDropLink     Op = "DropLink"     // the broker gave a link up; Err: why
)

// Event is one step that a broker took.
type Event struct {
	Op          Op     // which step
	Link        uint64 // the number of the link, from 1; 0: the step is about none
	Correlation uint64 // of the offer that the step is about; 0: none
	Ref         uint64 // names the token as registry.Event.Ref does; 0: none
	Err         error  // why the step went wrong; nil: it did not
	Note        string // words: AcceptClient, Begin and SendFallback name the client by its address
}
