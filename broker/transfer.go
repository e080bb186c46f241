package broker

import (
	"context"
	"time"

	"github.com/handoff-go/handoff/fallback"
	"github.com/handoff-go/handoff/registry"
)

// transfer is the way of one client's connection, over several attempts if need be.
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
type transfer struct {
	b       *Broker
	request Request
	conn    *clientConn
	ready   registry.Token // what the client knows its connection by; zero: a plain client
	callers bool           // Handoff's, who gets the connection back; else Serve's
	began   time.Time
	until   time.Time // an explicit client waits no longer; zero: it is not known

	inLine bool // it waits for its turn, or has had it
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
func (p *transfer) deliver(r result) {
	switch {
	case p.results != nil:
		p.results <- r // it has room for the one attempt that there is at a time
	case r.kind == back:
		p.results = make(chan result, 1)
		go func() { p.finish(p.proceed(p.b.forceCtx, r)) }()
	default:
		p.finish(p.conclude(r))
	}
}

// conclude makes the outcome of a result that leaves nothing to be done.
func (p *transfer) conclude(r result) Outcome {
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

func (p *transfer) outcome() Outcome {
	o := Outcome{Service: p.request.Service, Attempts: len(p.tried), Took: time.Since(p.began)}
	if p.latest != nil {
		o.Backend = p.latest.link.peer
	}
	return o
}

// finish counts an outcome and tells it, for a connection that Serve took.
func (p *transfer) finish(o Outcome) {
	p.count(o)
	if p.b.o.OnOutcome != nil {
		p.b.o.OnOutcome(o)
	}
	p.b.leave()
}

func (p *transfer) count(o Outcome) {
	p.b.outcomes[o.Kind].Add(1)
	p.b.inFlight.Add(-1)
}

// enter lets a connection on its way, if there are not too many.
func (p *transfer) enter() bool {
	if p.b.inFlight.Add(1) > int64(p.b.o.MaxInFlight) {
		p.why = fallback.Decision{Reason: fallback.FDPressureDisabled}
		return false
	}
	return true
}

// proceed goes on with a connection that came back, until it is decided. ctx says how
// long there may be further offers.
func (p *transfer) proceed(ctx context.Context, r result) Outcome {
	for r.kind == back {
		p.why = r.why
		settled := p.awaitSettled(ctx, r.attempt)
		// Not before: until it has let go, a holder can change what they share.
		if err := p.conn.regain(); err != nil {
			p.b.log.Warn("connection lost", "service", p.request.Service, "error", err)
			p.conn.end("cannot be used")
			o := p.outcome()
			o.Kind, o.Decision = Closed, p.why
			return o
		}
		if !settled || ctx.Err() != nil || p.b.isClosing() || !p.offerSoon(ctx) {
			return p.giveUp(settled)
		}
		r = p.await(ctx)
	}
	return p.conclude(r)
}

// awaitSettled waits until the holder of an attempt has let go, and reports whether it
// has. Spec: Settle.
func (p *transfer) awaitSettled(ctx context.Context, a *attempt) bool {
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
func (p *transfer) await(ctx context.Context) result {
	select {
	case r := <-p.results:
		return r
	case <-ctx.Done():
	}
	if a := p.latest; a.link.claim(a.correlation, a.token) != nil {
		a.link.giveUp(a)
	}
	return <-p.results
}
