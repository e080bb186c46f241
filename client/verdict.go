package client

import (
	"math"
	"time"

	"github.com/handoff-go/handoff/fallback"
	"github.com/handoff-go/handoff/wire"
)

// readReply acts on the broker's answer to the hello, and reports whether it decides
// already: it does if nothing is handed over. Step: ReadReply.
func (c *Conn) readReply(frame wire.Frame) bool {
	reply, err := parseReply(frame)
	if err != nil {
		c.trace(Event{Op: OpReadReply, Err: err})
		c.doubt(err)
		return true
	}
	if refused := reply.Refused; refused != nil {
		c.trace(Event{Op: OpReadReply, Note: "refused: " + refused.Code.String()})
		c.leave(refusal(refused))
		c.elsewhere("", &RefusedError{Code: refused.Code, Detail: refused.Reason, Decision: refusal(refused)})
		return true
	}
	said := reply.Negotiated
	if said.Token.IsZero() {
		c.trace(Event{Op: OpReadReply, Note: "nothing is handed over"})
		why := fallback.Decision{Reason: fallback.ServicePolicyDisabled}
		c.leave(why)
		c.elsewhere(said.Address, &RefusedError{Decision: why})
		return true
	}
	c.token, c.address = said.Token, said.Address
	c.in = wire.NewDecoder(wire.MaxControl)
	c.awaitVerdict(said.WaitBudget)
	c.trace(Event{Op: OpReadReply})
	return false
}

func parseReply(frame wire.Frame) (*wire.HelloReply, error) {
	if err := frame.Expect(wire.KindResponse, wire.ProtocolHello); err != nil {
		return nil, err
	}
	m, err := wire.Parse(frame)
	if err != nil {
		return nil, err
	}
	reply := m.(*wire.HelloReply) // it is what Expect is for
	if reply.FrameID != helloID {
		return nil, ErrReply
	}
	return reply, nil
}

// awaitVerdict begins the wait for ready or fallback: the whole budget that the broker
// asks for, and more, never less. Giving up early is how a client gets two owners.
func (c *Conn) awaitVerdict(budget time.Duration) {
	if budget == 0 {
		budget = DefaultWaitBudget
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.end = time.Now().Add(min(budget, math.MaxInt64-c.set.WaitMargin) + c.set.WaitMargin)
	c.look = time.Time{}
	_ = c.aimLocked() // an error comes again from the read
}

// readVerdict acts on the frame that says who has the connection.
func (c *Conn) readVerdict(frame wire.Frame) {
	m, err := wire.Parse(frame)
	if err != nil {
		c.doubt(err)
		return
	}
	switch m := m.(type) {
	case *wire.Ready:
		c.readReady(m)
	case *wire.Fallback:
		c.readFallback(m)
	default:
		c.doubt(&wire.EnvelopeError{Got: uint64(frame.Kind), Err: wire.ErrKind})
	}
}

// readReady makes the connection the user's: a backend owns the other end. Step:
// ReadReady.
func (c *Conn) readReady(m *wire.Ready) {
	var err error
	switch {
	case !m.Token.Equal(c.token):
		err = ErrToken
	case !m.Accepted:
		err = ErrNotReady
	}
	if err == nil {
		c.mu.Lock()
		c.outcome = Adopted
		c.kept = nil
		close(c.readable)
		c.settleLocked()
		c.mu.Unlock()
	}
	c.trace(Event{Op: OpReadReady, Correlation: m.CorrelationID, Err: err})
	if err != nil {
		c.doubt(err)
	}
}

// readFallback leaves the connection, which nobody owned, for another one. Step:
// ReadFallback.
func (c *Conn) readFallback(m *wire.Fallback) {
	address := m.Address
	if address == "" {
		address = c.address
	}
	c.leave(m.Decision())
	c.trace(Event{Op: OpReadFallback, Note: m.Reason.String()})
	c.elsewhere(address, &RefusedError{Decision: m.Decision()})
}

// doubt ends a connection of which it is not known who owned it. Step: Doubt.
func (c *Conn) doubt(err error) {
	c.mu.Lock()
	e := &InDoubtError{Written: c.sent, Replied: !c.token.IsZero(), Err: err}
	c.failLocked(e)
	conn := c.conn
	c.mu.Unlock()
	conn.Close()
	c.trace(Event{Op: OpDoubt, Err: e})
}

// settleLocked makes the connection one like any other.
func (c *Conn) settleLocked() {
	c.phase = settled
	_ = c.aimLocked() // an error comes again from the user's next read or write
	c.openWritesLocked()
}

// failLocked says that there is no connection, and why.
func (c *Conn) failLocked(err error) {
	c.phase, c.outcome, c.err = failed, Failed, err
	c.kept = nil
	close(c.readable)
	c.openWritesLocked()
}

// openWritesLocked ends the waiting: nobody needs the timers of deadlines any more.
func (c *Conn) openWritesLocked() {
	close(c.writable)
	c.read.stop()
	c.write.stop()
}
