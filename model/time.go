package model

import "time"

// Instant is a moment, in nanoseconds since a registry's base: the time at which it
// was made. Instants stay within -Never..Never, so that differences cannot overflow.
type Instant int64

// Never is the end of a record that never ends. No moment handed in reaches it. (G8)
const Never Instant = 1<<62 - 1

// At returns the instant of t for a registry made at base. Moments further from base
// than Never count as that far. (G8)
func At(base, t time.Time) Instant { return clamp(int64(t.Sub(base))) }

// Time returns the moment of i for a registry made at base: the inverse of At.
func (i Instant) Time(base time.Time) time.Time { return base.Add(time.Duration(i)) }

// Add returns the instant d after i, or Never if that is too far. d is not
// negative. (G8)
func (i Instant) Add(d time.Duration) Instant {
	if i > 0 && Instant(d) > Never-i {
		return Never
	}
	return clamp(int64(i) + int64(d))
}

// Since returns how long after u the instant i is, zero if it is not after:
// a clock that steps back never yields a negative wait. (G8)
func (i Instant) Since(u Instant) time.Duration { return time.Duration(max(0, i-u)) }

// Over reports whether an end is reached: at now < end it is not, at now >= end it is.
// It is the one definition of a deadline. (G3)
func Over(now, end Instant) bool { return end < Never && now >= end }

func clamp(n int64) Instant { return min(max(Instant(n), -Never), Never) }
