// Package oracle judges a registry by its guarantees alone: by what the registry told its
// caller and OnExit, with no knowledge of records and how they are stored. It shares no code
// with the reference model, so that a mistake in the model cannot hide the same mistake in a
// registry.
package oracle

import (
	"time"

	"github.com/handoff-go/handoff/fsm"
	"github.com/handoff-go/handoff/registry"
)

// Options are those of the registry that is judged, with defaults filled in.
type Options struct {
	AckDeadline time.Duration
	TokenTTL    time.Duration
	MaxPending  int

	// Clamped says that calls use instants too far away to represent. The registry clamps
	// them, so an ACK that is in time may look late: the oracle does not judge it.
	Clamped bool
}

// Oracle follows the lifetime of every token that a registry issued. Each method is told of
// one thing that the registry did, and returns a *Violation if a guarantee forbids it. It is
// not safe for concurrent use.
type Oracle struct {
	options  Options
	lifetime map[registry.Token]*lifetime // the latest of each token
	told     registry.Stats               // counted from what was told; Revoked and Tokens stay zero
}

// lifetime is what happened to a token since it was issued.
type lifetime struct {
	phase      phase
	issued     time.Time
	registered time.Time
}

type phase int

const (
	issued   phase = iota // no handoff yet
	pending               // its handoff waits for an ACK
	consumed              // the same, and the token was presented
	ended                 // its handoff has left, or it was consumed without one
)

// waits reports whether a handoff waits for an ACK.
func (p phase) waits() bool { return p == pending || p == consumed }

// New returns the oracle of a registry that was just made.
func New(o Options) *Oracle {
	return &Oracle{options: o, lifetime: map[registry.Token]*lifetime{}}
}

// Assume takes the counts of s, without Revoked and Tokens, as if they had been told.
func (o *Oracle) Assume(s registry.Stats) {
	s.Revoked, s.Tokens = 0, 0
	o.told = s
}

// Issued is for an Issue or Begin that succeeded. For Begin, call Registered next.
func (o *Oracle) Issued(t registry.Token, now time.Time) error {
	if l := o.lifetime[t]; l != nil && l.phase.waits() {
		return violates(LeavesExactlyOnce, "a token was issued again while its handoff is pending")
	}
	if t.IsZero() {
		return violates(OnlyLiveTokens, "the zero token was issued")
	}
	o.lifetime[t] = &lifetime{issued: now}
	o.told.Issued++
	return nil
}

// Registered is for a Register or Begin that succeeded.
func (o *Oracle) Registered(t registry.Token, now time.Time) error {
	l := o.lifetime[t]
	switch {
	case l == nil:
		return violates(OnlyLiveTokens, "Register succeeded for a token that was never issued")
	case l.phase == ended:
		return violates(AlwaysRevoked, "Register succeeded for a revoked token")
	case l.phase.waits():
		return violates(LeavesExactlyOnce, "Register succeeded for a handoff that was pending already")
	}
	l.phase, l.registered = pending, now
	o.told.Registered++
	o.told.Pending++
	if o.told.Pending > o.options.MaxPending {
		return violates(Bounded, "%d handoffs are pending, MaxPending is %d", o.told.Pending, o.options.MaxPending)
	}
	return nil
}

// Consumed is for a Consume that succeeded.
func (o *Oracle) Consumed(expected, presented registry.Token) error {
	if err := o.Live(expected); err != nil {
		return err
	}
	if expected.Bytes() != presented.Bytes() {
		return violates(OnlyLiveTokens, "Consume succeeded with another token presented")
	}
	switch l := o.lifetime[expected]; l.phase {
	case issued:
		l.phase = ended
	case pending:
		l.phase = consumed
	default:
		return violates(OnlyLiveTokens, "Consume succeeded for a token that was consumed already")
	}
	return nil
}

// Acknowledged is for an Acknowledge that succeeded. Call it before Exited.
func (o *Oracle) Acknowledged(t registry.Token, now time.Time) error {
	l := o.lifetime[t]
	switch {
	case l == nil:
		return violates(OnlyLiveTokens, "Acknowledge succeeded for a token that was never issued")
	case l.phase == ended:
		return violates(AlwaysRevoked, "Acknowledge succeeded for a revoked token")
	case l.phase == issued:
		return violates(OnlyLiveTokens, "Acknowledge succeeded for a token that was never registered")
	case !o.options.Clamped && !now.Before(o.deadline(l)):
		return violates(OneDeadline, "Acknowledge succeeded %v after the deadline", now.Sub(o.deadline(l)))
	}
	return nil
}

// Live is for a token that the registry treats as live.
func (o *Oracle) Live(t registry.Token) error {
	l := o.lifetime[t]
	switch {
	case l == nil:
		return violates(OnlyLiveTokens, "a token is live that was never issued")
	case l.phase == ended:
		return violates(AlwaysRevoked, "a revoked token is live")
	}
	return nil
}

// Exited is for each call of OnExit, with the instant of the call that caused it.
func (o *Oracle) Exited(e registry.Exit, now time.Time) error {
	l := o.lifetime[e.Token]
	switch {
	case l == nil || !l.phase.waits():
		return violates(LeavesExactlyOnce, "a handoff left that was not pending")
	case e.Waited < 0:
		return violates(SaturatingTime, "a handoff left after waiting %v", e.Waited)
	}
	l.phase = ended
	o.told.Pending--
	switch e.State {
	case fsm.Acknowledged:
		o.told.Acknowledged++
	case fsm.Expired:
		o.told.Expired++
		if now.Before(o.deadline(l)) {
			return violates(OneDeadline, "a handoff expired %v before its deadline", o.deadline(l).Sub(now))
		}
	case fsm.Abandoned:
		o.told.Abandoned++
	default:
		return violates(LeavesExactlyOnce, "a handoff left in the state %v, which is no outcome", e.State)
	}
	return nil
}

// deadline is the earlier of what AckDeadline and TokenTTL allow.
func (o *Oracle) deadline(l *lifetime) time.Time {
	ack, ttl := l.registered.Add(o.options.AckDeadline), l.issued.Add(o.options.TokenTTL)
	if ttl.Before(ack) {
		return ttl
	}
	return ack
}
