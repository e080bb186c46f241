package store

import "time"

// Instant is a moment as int64 nanoseconds since the registry's base. It stays
// within +-Never, so that the difference of two instants cannot overflow.
type Instant int64

// Never is the end of a record that never ends; no moment handed in reaches it.
const Never Instant = 1<<62 - 1

// At returns the instant d after the base, which may be negative. What is too
// far counts as Never or -Never.
func At(d time.Duration) Instant { return clamp(int64(d)) }

// After returns the instant d >= 0 after i, or Never where that is too far.
func (i Instant) After(d time.Duration) Instant {
	if i > 0 && Instant(d) > Never-i {
		return Never
	}
	return clamp(int64(i) + int64(d))
}

// Since returns how long i is after u, zero if it is not.
func (i Instant) Since(u Instant) time.Duration { return time.Duration(max(0, i-u)) }

// Reached reports whether now has come to an end: at now < end it has not, at
// now >= end it has. It is the one definition of a deadline.
func (end Instant) Reached(now Instant) bool { return end < Never && now >= end }

func clamp(n int64) Instant { return min(max(Instant(n), -Never), Never) }
