package broker

import (
	"context"
	"net"
	"time"

	"github.com/handoff-go/handoff/fallback"
	"github.com/handoff-go/handoff/internal/ownedconn"
	"github.com/handoff-go/handoff/registry"
	"github.com/handoff-go/handoff/wire"
)

// transferState is where the life of one client's connection stands. after is its only table.
type transferState uint8

const (
	transferOffering transferState = iota // the broker has the connection, and nobody else has a copy
	transferOffered                       // a backend may have a copy: whoever claims the attempt decides
	transferReturned                      // the broker's again, but its last holder may still have a copy
	transferAdopted                       // a backend owns it
	transferFenced                        // ended for everybody, because a backend may have owned it
	transferTold                          // its client was told to reconnect, or Handoff's caller has it back
	transferProxied                       // the broker serves it by proxy
	transferEnded                         // the broker ended it
)

// after returns the state after a step, and whether the step is allowed in s.
//
// That returned has no way to offered is the rule "settle before the next offer": a stuck holder's
// copy would keep the connection open after the next owner died, and its client would wait for
// ever. That adopted and fenced have no way out is the rule of one owner: once a backend may own
// the connection the broker never uses it again.
func (s transferState) after(step Op) (transferState, bool) {
	switch {
	case s == transferOffering && step == OpSendOffer:
		return transferOffered, true
	case s == transferOffered && step == OpAcknowledge:
		return transferAdopted, true // the point of no return
	case s == transferOffered && step == OpFence:
		return transferFenced, true // a late ACK, a caller who cannot wait, a link that cannot be read
	case s == transferOffered && (step == OpAbandon || step == OpExpire):
		return transferReturned, true // rejected, the end of the link, or proof that no ACK was sent in time
	case s == transferReturned && step == OpSettle:
		return transferOffering, true // the holder has closed its copy
	case (s == transferOffering || s == transferReturned) && step == OpSendFallback:
		return transferTold, true
	case (s == transferOffering || s == transferReturned) && step == OpProxy:
		return transferProxied, true
	case (s == transferOffering || s == transferReturned) && step == OpEndConn:
		return transferEnded, true
	}
	return s, false
}

// String returns the name of the state.
func (s transferState) String() string {
	return [...]string{"offering", "offered", "returned", "adopted", "fenced", "told", "proxied", "ended"}[s]
}

// transfer is the life of one client's connection, over several attempts if need be. It has one
// goroutine at a time. While it is offered it has none: whoever claims the attempt from its link
// delivers the result.
type transfer struct {
	b           *Broker
	request     Request
	conn        *clientConn
	ready       registry.Token // what the client knows its connection by; zero: a plain client
	fromHandoff bool           // Handoff was given it, and gives it back; otherwise Serve accepted it
	began       time.Time
	until       time.Time // how long an explicit client waits; zero: it is not known

	state  transferState
	tried  []*link
	latest *attempt

	results chan result // where the result of an attempt goes; nil: to a new goroutine
}

// advance takes a step, and reports whether it is allowed. One that is not is a defect of this
// package, by which the connection could get two owners. It is fenced instead, because nobody owning
// it beats two, and the caller must do nothing more with it; all other connections go on.
func (t *transfer) advance(step Op) bool {
	next, ok := t.state.after(step)
	if ok {
		t.state = next
		return true
	}
	t.b.log.Error("illegal step of a transfer", "step", step, "state", t.state, "service", t.request.Service)
	t.state = transferFenced
	if a := t.latest; a != nil && a.link.claim(a.correlation, a.token) != nil {
		a.link.service.registry.Abandon(a.token)
		a.trace(OpAbandon, nil)
		a.revoke()
	}
	t.b.trace(Event{Op: OpFence, Err: t.conn.fence(), Note: "illegal step " + string(step)})
	t.conn.close()
	return false
}

// admit counts the connection in, or returns why there are too many.
func (t *transfer) admit() fallback.Decision {
	if t.b.inFlight.Add(1) > int64(t.b.o.MaxInFlight) {
		return fallback.Decision{Reason: fallback.FDPressureDisabled}
	}
	return fallback.Decision{}
}

// run is the whole life of a connection that Handoff was given.
func (t *transfer) run(ctx context.Context) Outcome {
	if refused := t.admit(); refused.Reason != 0 {
		return t.giveUp(refused, true)
	}
	r := t.offerSoon(ctx, fallback.Decision{})
	if r.kind != offerMade {
		return t.giveUp(r.why, true)
	}
	return t.proceed(ctx, t.await(ctx))
}

// deliver hands on the result of an attempt, which the caller claimed. It never waits.
func (t *transfer) deliver(r result) {
	switch {
	case t.results != nil:
		t.results <- r // it has room for the one attempt that there is at a time
	case r.step == OpAbandon || r.step == OpExpire:
		t.results = make(chan result, 1)
		go func() { t.finish(t.proceed(t.b.forceCtx, r)) }()
	default:
		t.finish(t.proceed(t.b.forceCtx, r)) // decided: proceed does not wait
	}
}

// await waits for the result of the attempt under way. When ctx ends first, the connection is
// fenced: it is not known who owns it, and there is no time to find out.
func (t *transfer) await(ctx context.Context) result {
	select {
	case r := <-t.results:
		return r
	case <-ctx.Done():
	}
	if a := t.latest; a.link.claim(a.correlation, a.token) != nil {
		a.abandonFenced()
		a.link.service.queue.notifyCapacity()
	}
	return <-t.results
}

// proceed takes the result of an attempt, and offers the connection again while it is returned and
// settled, until its outcome is known. ctx says how long there may be further offers.
func (t *transfer) proceed(ctx context.Context, r result) Outcome {
	for t.advance(r.step); t.state == transferReturned; t.advance(r.step) {
		settled := t.awaitSettled(ctx, r.attempt)
		// Not before: until it has closed its copy, a holder can change what they share.
		if err := t.conn.regain(); err != nil {
			t.b.log.Warn("connection lost", "service", t.request.Service, "error", err)
			return t.endConn(t.outcome(r.why), "cannot be used")
		}
		if !settled || ctx.Err() != nil || t.b.isClosing() {
			return t.giveUp(r.why, settled)
		}
		next := t.offerSoon(ctx, r.why)
		if next.kind != offerMade {
			return t.giveUp(next.why, settled)
		}
		r = t.await(ctx)
	}
	o := t.outcome(r.why)
	if t.state == transferAdopted {
		o.Kind = Adopted
		return o
	}
	o.Kind = Fenced
	if o.Decision.Reason == 0 { // by an illegal step
		o.Decision.Reason = fallback.BackendAckTimeout
	}
	return o
}

// awaitSettled waits until the holder of an attempt has closed its copy, and reports whether it
// has. Spec: Settle.
func (t *transfer) awaitSettled(ctx context.Context, a *attempt) bool {
	settled := a.settled == nil
	if !settled {
		timer := time.NewTimer(t.b.o.SettleTimeout)
		defer timer.Stop()
		select {
		case <-a.settled:
			<-a.settledTraced
			settled = true
		case <-timer.C:
		case <-ctx.Done():
		}
	}
	if !settled {
		a.trace(OpSettle, errStuck)
		return false
	}
	a.trace(OpSettle, nil)
	return t.advance(OpSettle)
}

// giveUp does what is left to do for a connection that the broker has and nobody adopted.
func (t *transfer) giveUp(why fallback.Decision, settled bool) Outcome {
	o := t.outcome(why)
	o.Settled = settled
	var target net.Conn // of the proxy; nil: none
	if t.ready.IsZero() && t.request.Proxy != "" {
		target = t.b.dialProxy(t.request, t.conn)
	}
	switch {
	case target != nil && t.advance(OpProxy):
		o.Kind = Proxied
		t.b.startProxy(t.conn, t.request.Preface, target)
	case target != nil:
		target.Close()
		o.Kind = Fenced
	case !t.fromHandoff && t.ready.IsZero():
		return t.endConn(o, "")
	case !t.advance(OpSendFallback):
		o.Kind = Fenced
	case t.fromHandoff: // the caller decides what to tell the client
		o.Kind, o.Conn = Fallback, t.giveBack(settled)
	default:
		o.Kind = Fallback
		t.sendFallback(why)
	}
	return o
}

// endConn ends a connection that the broker has.
func (t *transfer) endConn(o Outcome, note string) Outcome {
	if !t.advance(OpEndConn) {
		o.Kind = Fenced
		return o
	}
	t.conn.end(note)
	o.Kind = Closed
	return o
}

// sendFallback tells a client of the explicit mode to reconnect: nobody owned the connection. Spec:
// SendFallback, EndConn.
func (t *transfer) sendFallback(why fallback.Decision) {
	m := wire.Fallback{Reason: wire.ReasonOf(why.Reason), RetryAfter: why.RetryAfter}
	err := t.conn.write(m.Append(nil))
	t.b.trace(Event{Op: OpSendFallback, Err: err, Note: t.request.ClientAddress})
	if err == nil {
		t.conn.linger(t.b.o.SettleTimeout)
	}
	t.conn.end("fallback")
}

// giveBack gives the connection to the caller of Handoff. Its deadlines are cleared here, too: nobody
// had a copy of one of which no byte of an offer was sent, and so it was never regained.
func (t *transfer) giveBack(settled bool) net.Conn {
	_ = t.conn.conn.SetDeadline(time.Time{})
	t.b.ledger.Adopted(fromCaller)
	return &ownedconn.Returned{Conn: ownedconn.Make(t.conn.conn, t.request.Preface), Settled: settled}
}

// outcome is what is known of every outcome; the caller adds its kind.
func (t *transfer) outcome(why fallback.Decision) Outcome {
	o := Outcome{Service: t.request.Service, Attempts: len(t.tried), Decision: why, Took: time.Since(t.began)}
	if t.latest != nil {
		o.Backend = t.latest.link.peer
	}
	return o
}

// finish counts an outcome and reports it, for a connection that Serve took.
func (t *transfer) finish(o Outcome) {
	t.count(o)
	if t.b.o.OnOutcome != nil {
		t.b.o.OnOutcome(o)
	}
	t.b.leave()
}

func (t *transfer) count(o Outcome) {
	t.b.outcomes[o.Kind].Add(1)
	t.b.inFlight.Add(-1)
}
