package main

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/handoff-go/handoff/spec/trace/events"
)

// TLC's integers have 32 bits, which nanoseconds do not fit in. All that matters
// of instants is their order and which of them lie a deadline or a TTL apart, so
// they are counted anew. Let the step be the greatest common divisor of deadline
// and TTL. An instant is so many steps and a rest; it becomes that many times
// the number of different rests, plus the place of its rest among them. The
// order stays as it was, what was apart by steps is apart by as many, and the
// numbers are small.
type ranks struct {
	step  int64   // nanoseconds
	first int64   // how many steps the earliest instant has
	rests []int64 // in order
}

// rank counts instants anew.
func rank(step time.Duration, instants []events.Instant) ranks {
	r := ranks{step: int64(step), first: math.MaxInt64}
	for _, at := range instants {
		steps, rest := r.split(at)
		r.first = min(r.first, steps)
		r.rests = append(r.rests, rest)
	}
	slices.Sort(r.rests)
	r.rests = slices.Compact(r.rests)
	return r
}

// split returns how many steps an instant has, and the rest, which is not negative.
func (r *ranks) split(at events.Instant) (steps, rest int64) {
	n := int64(at)
	rest = (n%r.step + r.step) % r.step
	return (n - rest) / r.step, rest
}

// of returns the number of an instant, when a step counts for as much as per.
func (r *ranks) of(at events.Instant, per int) (int, error) {
	steps, rest := r.split(at)
	place, known := slices.BinarySearch(r.rests, rest)
	n := float64(steps-r.first)*float64(per) + float64(place)
	if !known || n < 0 || n > horizon {
		return 0, fmt.Errorf("instant %d has no place among those that count", at)
	}
	return int(n), nil
}

// horizon is beyond all numbers that an instant may have, with room for sums.
const horizon = 1 << 29

// stepOf returns the step for a deadline and a TTL, either of which may be endless:
// if both are, only the order of instants matters, and one step holds them all.
func stepOf(ack, ttl time.Duration) time.Duration {
	step := time.Duration(0)
	for _, d := range []time.Duration{ack, ttl} {
		if d < events.Endless {
			step = gcd(d, step)
		}
	}
	if step == 0 {
		return events.Endless
	}
	return step
}

func gcd(a, b time.Duration) time.Duration {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
