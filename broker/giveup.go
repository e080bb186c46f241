package broker

import "github.com/handoff-go/handoff/wire"

// giveUp ends an attempt before its time. The caller took it. Spec: Abandon, Fence,
// SendRevoke.
func (l *link) giveUp(a *attempt) {
	l.service.registry.Abandon(a.token)
	a.trace(OpAbandon, nil)
	l.fenceAttempt(a, nil)
}

// giveUp does what is left to do for a connection that the broker has and nobody adopted.
func (p *transfer) giveUp(settled bool) Outcome {
	o := p.outcome()
	o.Decision, o.Settled = p.why, settled
	switch {
	case p.ready.IsZero() && p.request.Proxy != "" && p.proxy() == nil:
		o.Kind = Proxied
	case p.callers:
		o.Kind, o.Conn = Fallback, p.giveBack(settled)
	case !p.ready.IsZero():
		o.Kind = Fallback
		p.sendFallback()
	default:
		o.Kind = Closed
		p.conn.end("")
	}
	return o
}

// sendFallback tells a client of the explicit mode to reconnect: nobody owned the
// connection. Spec: SendFallback, EndConn.
func (p *transfer) sendFallback() {
	m := wire.Fallback{Reason: wire.ReasonOf(p.why.Reason), RetryAfter: p.why.RetryAfter}
	err := p.conn.write(m.Append(nil))
	p.b.trace(Event{Op: OpSendFallback, Err: err, Note: p.request.ClientAddress})
	if err == nil {
		p.conn.linger(p.b.o.SettleTimeout)
	}
	p.conn.end("fallback")
}
