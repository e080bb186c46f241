// Package model is the reference model of a registry: slow, obvious and pure. It
// defines what every operation answers and which state it leads to, and is written
// so that a reader can check it by reading. The registry is tested against it; it
// shares no code with the registry.
//
// A [State] is a value. Every operation returns the state after it and does not
// change the one it is called on, so a State may be copied freely and read by several
// goroutines.
//
// The rules are marked with the guarantees that they provide, G1 to G8.
package model

import (
	"maps"
	"time"
)

// Token names one handoff. The zero Token is never live. Tokens are plain values.
type Token [16]byte

// Backend is the process that is expected to acknowledge a handoff.
type Backend struct {
	Service string // the name it is known by
	PID     int    // 0: only the service is known
}

// Options are the settings of a registry, with no defaults applied.
type Options struct {
	AckDeadline       time.Duration // how long a handoff may be pending (G3)
	TokenTTL          time.Duration // how long a token may live (G4)
	MaxPending        int           // the most records there may be (G5)
	CollisionAttempts int           // how many draws Issue may take for one token
}

// Record is a live token, and its handoff if one is pending. They are one record, which
// makes G2 and G4 true by construction: a handoff cannot be pending without a live
// token, and cannot leave without the token being revoked.
type Record struct {
	End      Instant // when it ends: the token's end, or the deadline where that is sooner (G4)
	TokenEnd Instant // the token's own end
	Pending  bool    // a handoff is pending on it
	Consumed bool    // a handoff is pending, and its token was presented
	Backend  Backend // of the pending handoff
	Since    Instant // when it became pending
}

// Stats counts what happened.
type Stats struct {
	Issued, Revoked                              uint64 // records made, and removed
	Registered, Acknowledged, Expired, Abandoned uint64 // handoffs that became pending, and that left by each outcome
}

// State is everything a registry knows. A token without a record is revoked or was
// never issued; the state does not distinguish the two. (G2)
type State struct {
	Options Options
	Records map[Token]Record // the live tokens
	Stats   Stats
	Closed  bool // Close was called
}

// New returns the state of a registry that has done nothing.
func New(o Options) State { return State{Options: o, Records: map[Token]Record{}} }

// Outcome is how a handoff left.
type Outcome string

// The outcomes. Every handoff has exactly one. (G1)
const (
	Acknowledged Outcome = "acknowledged"
	Expired      Outcome = "expired"
	Abandoned    Outcome = "abandoned"
)

// Exit is a handoff that left. (G1)
type Exit struct {
	Token    Token
	Backend  Backend
	Outcome  Outcome
	Waited   time.Duration // from Register; zero for abandoned
	Deadline Instant       // when it would have expired, or has
}

// Verdict is the answer of an operation.
type Verdict string

// The verdicts, each named as the error of the registry that it stands for.
const (
	OK              Verdict = "ok"
	None            Verdict = "none" // there was nothing to do; not an error
	NotPending      Verdict = "ErrNotPending"
	AlreadyPending  Verdict = "ErrAlreadyPending"
	TokenNotLive    Verdict = "ErrTokenNotLive"
	TokenExpired    Verdict = "ErrTokenExpired"
	TokenMismatch   Verdict = "ErrTokenMismatch"
	Full            Verdict = "ErrFull"
	Collision       Verdict = "ErrCollision"
	ErrClosed       Verdict = "ErrClosed"
	DeadlineReached Verdict = "DeadlineError"
	RandomFailed    Verdict = "random source failed"
)

// Answer is what an operation returns to its caller. Fields that do not apply to an
// operation are zero.
type Answer struct {
	Verdict Verdict       // success, or the error
	Token   Token         // Issue, Begin: the new one
	Draws   int           // Issue, Begin: how many draws were used
	Late    time.Duration // Acknowledge, when the deadline was reached: by how much
	Exits   []Exit        // the handoffs that left, in order
}

// Records change only by with and without.

func (s State) with(t Token, r Record) State {
	s.Records = maps.Clone(s.Records)
	s.Records[t] = r
	return s
}

func (s State) without(t Token) State {
	s.Records = maps.Clone(s.Records)
	delete(s.Records, t)
	s.Stats.Revoked++
	return s
}

// leave ends the pending handoff of t with an outcome, and its token with it.
// It is the only way for a handoff to leave. (G1, G2)
func (s State) leave(t Token, outcome Outcome, now Instant) (State, Exit) {
	r := s.Records[t]
	exit := Exit{Token: t, Backend: r.Backend, Outcome: outcome, Deadline: r.End}
	s = s.without(t)
	switch outcome {
	case Acknowledged:
		exit.Waited = now.Since(r.Since)
		s.Stats.Acknowledged++
	case Expired:
		exit.Waited = now.Since(r.Since)
		s.Stats.Expired++
	case Abandoned:
		s.Stats.Abandoned++
	}
	return s, exit
}
