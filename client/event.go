package client

// The steps of a client, as Event.Op names them. A step has the same name in a trace
// and in the table of faults.
const (
	OpConnect      = "Connect"      // the broker is connected to
	OpSendHello    = "SendHello"    // and told what is wanted
	OpReadReply    = "ReadReply"    // the broker's answer is read
	OpWrite        = "Write"        // the user wrote before it was known who reads
	OpReadReady    = "ReadReady"    // a backend owns the connection
	OpReadFallback = "ReadFallback" // nobody does, and it is closed
	OpReconnect    = "Reconnect"    // a new connection is made; what was written is next
	OpDoubt        = "Doubt"        // it is not known who owned the connection, and it is closed
)

// Event is one step that a client took.
type Event struct {
	Op          string // one of the Op constants
	Link        uint64 // always 0: a client has no link
	Correlation uint64 // of the offer, which only ready tells; 0: none
	Ref         uint64 // always 0: only a broker's registry names tokens
	Err         error  // why the step went wrong; nil: it did not
	Note        string // words
}

func (c *Conn) trace(e Event) {
	if c.set.Trace != nil {
		c.set.Trace(e)
	}
}
