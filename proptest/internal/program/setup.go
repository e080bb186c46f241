package program

import (
	"math"
	"time"

	"github.com/handoff-go/handoff/model"
	"github.com/handoff-go/handoff/proptest/internal/contract"
)

// Setup is the options of the registry that a program runs on, and which callbacks it has.
type Setup struct {
	AckDeadline       time.Duration // zero: the default
	TokenTTL          time.Duration // zero: the default
	MaxPending        int
	CollisionAttempts int
	Far               bool // far instants are used, which a registry clamps
	Trace             bool // with Options.Trace
	NoExit            bool // without Options.OnExit
	Reentrant         bool // callbacks and the random source call the registry
}

// Never is the distance from a registry's base beyond which a deadline is never.
const Never = time.Duration(model.Never)

// defaultTTL stands for the default TokenTTL, if that is long enough for the ACK deadline.
const defaultTTL = -1

func ackDeadlines() []time.Duration {
	return []time.Duration{3, 2, 1, 10, 0, Never - 10, Never + 10, math.MaxInt64}
}

func ackDeadlineNames() []string {
	return []string{"3ns", "2ns", "1ns", "10ns", "default", "never-10ns", "never+10ns", "longest"}
}

// tokenTTLs are given as how much longer they are than the ACK deadline.
func tokenTTLs() []time.Duration {
	return []time.Duration{1, 0, 2, 4, 20, time.Minute, Never, defaultTTL}
}

func tokenTTLNames() []string {
	return []string{"+1ns", "+0ns", "+2ns", "+4ns", "+20ns", "+1m", "never", "default"}
}

func maxPendings() []int { return []int{2, 1, 3, 4, 8, 40} }

// flagNames are in the order of their bits.
func flagNames() []string { return []string{"far", "trace", "quiet", "nested"} }

// setupOf returns the setup with these indexes, each modulo the length of its list.
func setupOf(ack, ttl, maxPending, attempts int, flags byte) Setup {
	s := Setup{
		AckDeadline:       at(ackDeadlines(), ack),
		MaxPending:        at(maxPendings(), maxPending),
		CollisionAttempts: 1 + attempts%MaxAttempts,
		Far:               flags&1 != 0,
		Trace:             flags&2 != 0,
		NoExit:            flags&4 != 0,
		Reentrant:         flags&8 != 0,
	}
	deadline := s.AckDeadline
	if deadline == 0 {
		deadline = contract.Defaults().AckDeadline
	}
	switch more := at(tokenTTLs(), ttl); {
	case more == defaultTTL && deadline <= contract.Defaults().TokenTTL: // TokenTTL stays zero
	case more == defaultTTL:
		s.TokenTTL = deadline
	default:
		s.TokenTTL = min(deadline, math.MaxInt64-more) + more
	}
	s.Far = s.Far || deadline > time.Hour || s.TokenTTL > time.Hour
	return s
}
