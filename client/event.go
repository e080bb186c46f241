package client

// Op is the name of a step of a client. The table of faults in docs/faults.md and the traces
// use the same names.
type Op string

// The steps of a client. Each happens at most once on a connection, except Write.
const (
	OpConnect      Op = "Connect"      // the client connected to the broker, or failed to
	OpSendHello    Op = "SendHello"    // the client sent its hello, which names the service
	OpReadReply    Op = "ReadReply"    // the client read the broker's reply to its hello
	OpWrite        Op = "Write"        // the user wrote before the client knew who owns the connection
	OpReadReady    Op = "ReadReady"    // the client read ready: a backend owns the connection
	OpReadFallback Op = "ReadFallback" // the client read fallback: nobody owned the connection, and the client closed it
	OpReconnect    Op = "Reconnect"    // the client made a new connection, and replays next; or failed to
	OpDoubt        Op = "Doubt"        // the connection ended before its owner was known, and the client closed it
)

// Event is one step that a client took.
type Event struct {
	Op          Op
	Correlation uint64 // the offer's, which only ready carries; 0 in all other steps
	Err         error  // why the step failed; nil: it did not
	Note        string // details for people; may be empty
}

func (c *Conn) trace(e Event) {
	if c.dialer.Trace != nil {
		c.dialer.Trace(e)
	}
}
