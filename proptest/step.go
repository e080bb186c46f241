package proptest

import (
	"math"
	"time"

	"github.com/handoff-go/handoff/model"
)

// A step is one action of a sequence before it meets a registry. It says by
// what to choose the arguments, not what they are, so that it can be drawn, or
// decoded from bytes, without knowing what came before.
type step struct {
	op      string
	token   pick // which token it is about
	other   pick // Consume: which token is presented
	backend int
	when    pick // which instant it happens at
	rand    script
}

// A pick is one of several that answer a description: the n-th, counted around.
type pick struct {
	of string
	n  int
}

// A script is what the random source does in an Issue or Begin: it gives the
// candidates, the oldest first, and then fails.
type script struct {
	candidates [maxAttempts]string
	after      int    // how many of the candidates it gives before it fails
	failure    string // how
	chunk      int    // the most bytes that one Read gives
}

const maxAttempts = 4 // the highest CollisionAttempts that is drawn

// A setup is the options of a sequence.
type setup struct {
	ack, ttl time.Duration // 0: the default
	max      int
	attempts int
	far      bool // instants that are clamped take part
	trace    bool // with Options.Trace
	quiet    bool // without Options.OnExit
	nested   bool // callbacks call the registry
}

// What can be picked, in the order in which a program numbers it. The first of
// each is what a zero byte means.
func opNames() []string {
	return []string{"Begin", "Acknowledge", "Issue", "Register", "Consume", "Abandon", "Expire", "ExpireOverdue", "Close", "Fill", "Thin"}
}

func tokenNames() []string {
	return []string{"pending", "issued", "consumed", "dead", "foreign", "near", "zero", "live"}
}

func presentedNames() []string {
	return []string{"same", "live", "dead", "foreign", "near", "zero"}
}

func whenNames() []string {
	return []string{"now", "tick", "half", "back", "long-back", "end-1", "end", "end+1",
		"first-1", "first", "first+1", "last", "last+1", "some-1", "some",
		"zero-time", "year-9999", "lowest", "below-lowest", "highest", "near-highest"}
}

func candidateNames() []string { return []string{"fresh", "live", "dead", "zero"} }

func failureNames() []string { return []string{"error", "eof", "short-error", "short-eof"} }

func chunks() []int { return []int{16, 1, 7, 5} }

// never is how far from the base a deadline does not come any more.
const never = time.Duration(model.Never)

func acks() []time.Duration {
	return []time.Duration{3, 2, 1, 10, 0, never - 10, never + 10, math.MaxInt64}
}

// ttls are given as what they are more than the ACK deadline.
func ttls() []time.Duration {
	return []time.Duration{1, 0, 2, 4, 20, time.Minute, never, defaultTTL}
}

// defaultTTL stands for the default, where that is long enough.
const defaultTTL = -1

// defaults are what zero options stand for, in figures, so that a constant that
// was changed is found too.
func defaults() model.Options {
	return model.Options{AckDeadline: 5 * time.Second, TokenTTL: 30 * time.Second, MaxPending: 1024, CollisionAttempts: 16}
}

func maxima() []int { return []int{2, 1, 3, 4, 8, 40} }

func ackNames() []string {
	return []string{"3ns", "2ns", "1ns", "10ns", "default", "never-10ns", "never+10ns", "longest"}
}

func ttlNames() []string {
	return []string{"+1ns", "+0ns", "+2ns", "+4ns", "+20ns", "+1m", "never", "default"}
}

func flagNames() []string { return []string{"far", "trace", "quiet", "nested"} }

// setupOf returns the options with these numbers, each counted around.
func setupOf(ack, ttl, max, attempts int, flags byte) setup {
	s := setup{
		ack:      around(acks(), ack),
		max:      around(maxima(), max),
		attempts: 1 + attempts%maxAttempts,
		far:      flags&1 != 0,
		trace:    flags&2 != 0,
		quiet:    flags&4 != 0,
		nested:   flags&8 != 0,
	}
	long := s.deadline()
	switch more := around(ttls(), ttl); {
	case more == defaultTTL && long <= defaults().TokenTTL: // s.ttl stays zero
	case more == defaultTTL:
		s.ttl = long
	default:
		s.ttl = min(long, math.MaxInt64-more) + more
	}
	s.far = s.far || s.deadline() > time.Hour || s.ttl > time.Hour
	return s
}

// deadline is the ACK deadline with the default filled in.
func (s setup) deadline() time.Duration {
	if s.ack == 0 {
		return defaults().AckDeadline
	}
	return s.ack
}

func around[T any](of []T, n int) T { return of[n%len(of)] }
