package fallback

import (
	"cmp"
	"maps"
	"strings"
	"sync"
	"time"
)

// Limiter counts the failures of backends, each by its name, and says which of
// them have failed too often to be tried now.
//
// A backend's window begins with its first failure. After MaxFailures failures
// inside the window the backend is limited for the rest of it. At now >= start +
// Window the window has ended, and the next failure begins another. In
// running-process 4.5.5 a mere look at a window that has ended begins another
// with no failure in it. Here it does not: a limiter that is only asked would
// keep a window for each backend that ever failed, and a backend that fails
// MaxFailures times late in such a window would be limited for its short rest
// only.
//
// Every call that takes a time first forgets all windows that have ended by then,
// of whichever backend. So memory is bounded by the names that failed within the
// last Window (a copy of each, and under 200 bytes), and the next call after the
// windows end frees it. A call takes amortised constant time: each window is
// forgotten once.
//
// Time is handed in, and differences saturate. If the clock steps back, windows
// end that much later, and no RetryAfter is negative or above Window; a window
// that was forgotten does not return. Either all times have a monotonic reading,
// or none.
//
// The zero Limiter is ready to use, with the default policy. A Limiter is safe for
// concurrent use and must not be copied after first use. Its methods block only on
// its one lock, under which nothing waits.
type Limiter struct {
	policy Policy // zero fields mean the defaults

	mu      sync.Mutex
	windows map[string]*window // by backend; exactly the ones in order
	order   order
	peak    int // most windows ever in this map, which keeps room for as many
}

// NewLimiter returns a limiter that follows p, and a [*OptionError] if a field
// of p is negative.
func NewLimiter(p Policy) (*Limiter, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	return &Limiter{policy: p}, nil
}

// Check returns the zero [Decision] if backend may be tried at now. Otherwise it
// returns [FailedAttemptRateLimited] with the rest of its window as RetryAfter,
// which is above zero and at most Window.
func (l *Limiter) Check(backend string, now time.Time) Decision {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.forgetEndedLocked(now)

	w := l.windows[backend]
	if w == nil || w.failures < l.maxFailures() {
		return Decision{}
	}
	// If the clock stepped back before the start, the whole window is left.
	elapsed := max(0, now.Sub(w.start))
	return Decision{Reason: FailedAttemptRateLimited, RetryAfter: l.window() - elapsed}
}

// Fail records that a handoff to backend failed at now, and begins the backend's
// window if it has none. It keeps no reference to the memory of backend.
func (l *Limiter) Fail(backend string, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.forgetEndedLocked(now)

	w := l.windows[backend]
	if w == nil {
		// A copy: the name may be part of a large message, whose memory must not be kept.
		w = &window{backend: strings.Clone(backend), start: now}
		l.holdLocked(w)
	}
	w.failures = min(w.failures+1, l.maxFailures())
}

// Succeed records that a handoff to backend succeeded: its failures are forgotten.
func (l *Limiter) Succeed(backend string) {
	l.mu.Lock()
	defer l.mu.Unlock()

	if w := l.windows[backend]; w != nil {
		l.dropLocked(w)
		l.shrinkLocked()
	}
}

func (l *Limiter) maxFailures() int      { return cmp.Or(l.policy.MaxFailures, DefaultMaxFailures) }
func (l *Limiter) window() time.Duration { return cmp.Or(l.policy.Window, DefaultWindow) }

// ended is the one definition of when a window ends.
func (l *Limiter) ended(w *window, now time.Time) bool { return now.Sub(w.start) >= l.window() }

// forgetEndedLocked forgets every window that has ended at now.
func (l *Limiter) forgetEndedLocked(now time.Time) {
	if l.order.first == nil || !l.ended(l.order.first, now) {
		return
	}
	if l.ended(l.order.last, now) {
		// All have ended, for example after a burst of names and then a pause.
		l.windows, l.order, l.peak = nil, order{}, 0
		return
	}
	for l.ended(l.order.first, now) {
		l.dropLocked(l.order.first)
	}
	l.shrinkLocked()
}

func (l *Limiter) holdLocked(w *window) {
	if l.windows == nil {
		l.windows = make(map[string]*window)
	}
	l.windows[w.backend] = w
	l.order.insert(w)
	l.peak = max(l.peak, len(l.windows))
}

func (l *Limiter) dropLocked(w *window) {
	delete(l.windows, w.backend)
	l.order.remove(w)
}

// shrinkLocked replaces a map that is mostly empty, since a Go map never frees its
// memory. The copy is paid for: three windows were dropped for each that it copies.
func (l *Limiter) shrinkLocked() {
	const worthIt = 256 // a smaller map is not worth the copy
	if l.peak < worthIt || len(l.windows) > l.peak/4 {
		return
	}
	fewer := make(map[string]*window, len(l.windows))
	maps.Copy(fewer, l.windows)
	l.windows, l.peak = fewer, len(fewer)
}
