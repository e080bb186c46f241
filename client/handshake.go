package client

import (
	"math"
	"time"

	"github.com/handoff-go/handoff/fallback"
	"github.com/handoff-go/handoff/wire"
)

// readReply acts on the broker's reply to the hello. It reports whether the wait has ended:
// it has if the broker refuses, hands nothing over, or says something else. Step:
// ReadReply.
func (c *Conn) readReply(frame wire.Frame) bool {
	reply, err := parseReply(frame)
	if err != nil {
		c.trace(Event{Op: OpReadReply, Err: err})
		c.failInDoubt(err)
		return true
	}
	if refused := reply.Refused; refused != nil {
		c.trace(Event{Op: OpReadReply, Note: "refused: " + refused.Code.String()})
		decision := decisionOf(refused)
		c.closeBroker(causeRefusal, decision)
		c.reconnectOrFail("", &RefusedError{Code: refused.Code, Detail: refused.Reason, Decision: decision})
		return true
	}
	negotiated := reply.Negotiated
	if negotiated.Token.IsZero() {
		c.trace(Event{Op: OpReadReply, Note: "nothing is handed over"})
		decision := fallback.Decision{Reason: fallback.ServicePolicyDisabled}
		c.closeBroker(causeRefusal, decision)
		c.reconnectOrFail(negotiated.Address, &RefusedError{Decision: decision})
		return true
	}
	c.token, c.replyAddress = negotiated.Token, negotiated.Address
	c.decoder = wire.NewDecoder(wire.MaxControl)
	c.awaitVerdict(negotiated.WaitBudget)
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
	reply := m.(*wire.HelloReply) // the only message of that kind and protocol
	if reply.FrameID != helloID {
		return nil, ErrReply
	}
	return reply, nil
}

// awaitVerdict begins the wait for ready or fallback. It lasts the broker's whole budget
// and WaitMargin. A client that gave up earlier and connected elsewhere would have two
// owners: the broker may still hand the first connection over.
func (c *Conn) awaitVerdict(budget time.Duration) {
	if budget == 0 {
		budget = DefaultWaitBudget
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	margin := c.dialer.WaitMargin
	c.waitUntil = time.Now().Add(min(budget, math.MaxInt64-margin) + margin)
	c.graceUntil = time.Time{}
	_ = c.applyDeadlinesLocked() // a broken connection fails the read that follows, too
}

// readVerdict acts on the frame that says who has the connection: ready or fallback.
func (c *Conn) readVerdict(frame wire.Frame) {
	m, err := wire.Parse(frame)
	if err != nil {
		c.failInDoubt(err)
		return
	}
	switch m := m.(type) {
	case *wire.Ready:
		c.readReady(m)
	case *wire.Fallback:
		c.readFallback(m)
	default:
		c.failInDoubt(&wire.EnvelopeError{Got: uint64(frame.Kind), Err: wire.ErrKind})
	}
}

// readReady leaves the connection to the user: a backend owns the other end. A ready that
// is not for this connection leaves it in doubt. Step: ReadReady.
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
		c.enterLocked(causeReady)
		c.mu.Unlock()
	}
	c.trace(Event{Op: OpReadReady, Correlation: m.CorrelationID, Err: err})
	if err != nil {
		c.failInDoubt(err)
		return
	}
	c.release()
}

// readFallback closes the connection, which nobody owned, and makes another one. Step:
// ReadFallback.
func (c *Conn) readFallback(m *wire.Fallback) {
	address := m.Address
	if address == "" {
		address = c.replyAddress
	}
	c.closeBroker(causeFallback, m.Decision())
	c.trace(Event{Op: OpReadFallback, Note: m.Reason.String()})
	c.reconnectOrFail(address, &RefusedError{Decision: m.Decision()})
}

// failInDoubt closes a connection whose owner is not known. Step: Doubt.
func (c *Conn) failInDoubt(err error) { c.doubt(&InDoubtError{Replied: !c.token.IsZero(), Err: err}) }

// failUnread is failInDoubt for a connection that ended before a whole frame was read.
func (c *Conn) failUnread(err error) {
	replied := !c.token.IsZero()
	c.doubt(&InDoubtError{Replied: replied, Err: err, silent: !replied && len(c.decoder.Rest()) == 0})
}

func (c *Conn) doubt(inDoubt *InDoubtError) {
	c.mu.Lock()
	inDoubt.Written = c.written
	c.err = inDoubt
	c.enterLocked(causeDoubt)
	conn := c.conn
	c.mu.Unlock()
	conn.Close()
	c.trace(Event{Op: OpDoubt, Err: inDoubt})
	c.release()
}
