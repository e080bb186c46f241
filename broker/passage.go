package broker

import (
	"context"
	"time"

	"github.com/handoff-go/handoff/fallback"
	"github.com/handoff-go/handoff/registry"
	"github.com/handoff-go/handoff/wire"
)

// passage is the way of one client's connection, over several attempts if need be.
//
//	offering --first byte gone--> offered      the connection is the link's
//	offered  --ACK in time------> adopted      the point of no return
//	         --ACK late---------> fenced       also: given up, and a link that cannot be read
//	         --NACK, proof, end-> back         the connection is the broker's
//	back     --settled----------> offering     another backend, if one is left
//	         --not settled------> finishing    a holder is stuck
//	offering --nobody left------> finishing
//	finishing: fallback (explicit client, or Handoff's caller), proxied, closed
//
// It has one goroutine at a time. While offered it has none: whoever takes the attempt
// from its link delivers the result.
type passage struct {
	b       *Broker
	request Request
	conn    *held
	ready   registry.Token // what the client knows its connection by; zero: a plain client
	callers bool           // Handoff's, who gets the connection back; else Serve's
	began   time.Time

	tried  []*link
	latest *attempt
	why    fallback.Decision // why the latest attempt came to nothing

	results chan result // where the result of an attempt goes; nil: to a new goroutine
}

type resultKind uint8

const (
	adopted resultKind = iota + 1
	fenced
	back // the connection is the broker's again
)

// result is what became of one attempt.
type result struct {
	kind    resultKind
	attempt *attempt
	why     fallback.Decision
}

// deliver hands on the result of an attempt. The caller is the one that took it.
func (p *passage) deliver(r result) {
	switch {
	case p.results != nil:
		p.results <- r // it has room for the one attempt that there is at a time
	case r.kind == back:
		p.results = make(chan result, 1)
		go func() { p.finish(p.proceed(p.b.cut, r)) }()
	default:
		p.finish(p.conclude(r))
	}
}

// conclude makes the outcome of a result that leaves nothing to be done.
func (p *passage) conclude(r result) Outcome {
	o := p.outcome()
	o.Backend = r.attempt.link.peer
	switch r.kind {
	case adopted:
		o.Kind = Adopted
	case fenced:
		o.Kind = Fenced
		o.Decision = r.why
	}
	return o
}

func (p *passage) outcome() Outcome {
	o := Outcome{Service: p.request.Service, Attempts: len(p.tried), Took: time.Since(p.began)}
	if p.latest != nil {
		o.Backend = p.latest.link.peer
	}
	return o
}

// finish counts an outcome and tells it, for a connection that Serve took.
func (p *passage) finish(o Outcome) {
	p.count(o)
	if p.b.o.OnOutcome != nil {
		p.b.o.OnOutcome(o)
	}
	p.b.leave()
}

func (p *passage) count(o Outcome) {
	p.b.outcomes[o.Kind].Add(1)
	p.b.inFlight.Add(-1)
}

// enter lets a connection on its way, if there are not too many.
func (p *passage) enter() bool {
	if p.b.inFlight.Add(1) > int64(p.b.o.MaxInFlight) {
		p.why = fallback.Decision{Reason: fallback.FDPressureDisabled}
		return false
	}
	return true
}

// offerNext offers the connection to a backend that was not tried yet, and returns true
// if one was: the passage is its link's from then on. Else p.why says why not.
func (p *passage) offerNext() bool {
	s := p.b.service(p.request.Service)
	if s == nil || s.disabled {
		p.why = fallback.Decision{Reason: fallback.ServicePolicyDisabled}
		return false
	}
	for len(p.tried) < p.b.o.Attempts {
		l, why := p.b.pick(s, p.tried, time.Now())
		if l == nil {
			if p.why.Reason == 0 || why.Reason != fallback.BackendGone {
				p.why = why
			}
			return false
		}
		p.tried = append(p.tried, l)
		sent, why, stop := l.offer(p)
		if sent {
			return true
		}
		p.why = why
		if stop {
			return false
		}
	}
	return false
}

// proceed goes on with a connection that came back, until it is decided. ctx says how
// long there may be further offers.
func (p *passage) proceed(ctx context.Context, r result) Outcome {
	for r.kind == back {
		p.why = r.why
		if err := p.conn.regain(); err != nil {
			p.b.log.Warn("connection lost", "service", p.request.Service, "error", err)
			p.conn.end("cannot be used")
			o := p.outcome()
			o.Kind, o.Decision = Closed, p.why
			return o
		}
		settled := p.awaitSettled(ctx, r.attempt)
		if !settled || ctx.Err() != nil || p.b.isClosing() || !p.offerNext() {
			return p.giveUp(settled)
		}
		r = p.await(ctx)
	}
	return p.conclude(r)
}

// awaitSettled waits until the holder of an attempt has let go, and reports whether it
// has. Spec: Settle.
func (p *passage) awaitSettled(ctx context.Context, a *attempt) bool {
	settled := a.settled == nil
	if !settled {
		timer := time.NewTimer(p.b.o.SettleTimeout)
		defer timer.Stop()
		select {
		case <-a.settled:
			settled = true
		case <-timer.C:
		case <-ctx.Done():
		}
	}
	if settled {
		a.trace(OpSettle, nil)
	} else {
		a.trace(OpSettle, errStuck)
	}
	return settled
}

// await waits for the result of the attempt under way. When ctx ends first, the
// connection is fenced: it is not known who owns it, and there is no time to find out.
func (p *passage) await(ctx context.Context) result {
	select {
	case r := <-p.results:
		return r
	case <-ctx.Done():
	}
	if a := p.latest; a.link.take(a.correlation, a.token) != nil {
		a.link.giveUp(a)
	}
	return <-p.results
}

// giveUp ends an attempt before its time. The caller took it. Spec: Abandon, Fence,
// SendRevoke.
func (l *link) giveUp(a *attempt) {
	l.service.registry.Abandon(a.token)
	a.trace(OpAbandon, nil)
	l.late(a, nil)
}

// giveUp does what is left to do for a connection that the broker has and nobody adopted.
func (p *passage) giveUp(settled bool) Outcome {
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
func (p *passage) sendFallback() {
	m := wire.Fallback{Reason: wire.ReasonOf(p.why.Reason), RetryAfter: p.why.RetryAfter}
	err := p.conn.write(m.Append(nil))
	p.b.trace(Event{Op: OpSendFallback, Err: err})
	if err == nil {
		p.conn.linger(p.b.o.SettleTimeout)
	}
	p.conn.end("fallback")
}
