package registry

import "time"

// instant is a moment as int64 nanoseconds since the registry's base. It stays
// within +-never, so that the difference of two instants cannot overflow.
type instant int64

// never is the end of what never ends; no moment handed in reaches it.
const never instant = 1<<62 - 1

// instantOf turns a moment into an instant, once, at the door. Sub keeps the
// monotonic reading where both have one, and saturates.
func (r *Registry) instantOf(t time.Time) instant {
	return clamp(int64(t.Sub(r.base)))
}

// moment is the way back.
func (r *Registry) moment(i instant) time.Time { return r.base.Add(time.Duration(i)) }

// after returns the instant d >= 0 after i, or never where that is too far.
func (i instant) after(d time.Duration) instant {
	if i > 0 && instant(d) > never-i {
		return never
	}
	return clamp(int64(i) + int64(d))
}

// since returns how long i is after u, zero if it is not.
func (i instant) since(u instant) time.Duration { return time.Duration(max(0, i-u)) }

// reached reports whether now has come to an end: at now < end it has not, at
// now >= end it has. It is the one definition of a deadline.
func (end instant) reached(now instant) bool { return end < never && now >= end }

func clamp(n int64) instant { return min(max(instant(n), -never), never) }
