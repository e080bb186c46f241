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
// A backend's window begins with its first failure. MaxFailures failures inside
// the window limit it for the rest of the window. At now >= start + Window the
// window is over, and the next failure begins another.
//
// Every call that is given a time first forgets all windows that are over then,
// whichever backend they belong to. So the memory is that of the names that
// failed within the last Window (a copy of each, and under 200 bytes), and the
// next call after they are over gives it back. A call costs a constant on
// average, plus what it forgets, each window being forgotten once.
//
// Time is handed in, and differences saturate. If the clock steps back, windows
// end that much later, and no RetryAfter is negative or above Window; a window
// that was forgotten stays so. Let all times have a monotonic reading, or none.
//
// The zero Limiter is ready to use, with the default policy. A Limiter is safe
// for concurrent use, never blocks for longer than a call takes, and must not be
// copied after first use.
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

// Check returns the zero [Decision] if backend may be tried at now, and otherwise
// [FailedAttemptRateLimited] with the rest of its window as RetryAfter, which is
// above zero and at most Window.
func (l *Limiter) Check(backend string, now time.Time) Decision {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.forgetOverLocked(now)

	w := l.windows[backend]
	if w == nil || w.failures < l.maxFailures() {
		return Decision{}
	}
	// Before its start, after a step back, the whole window is still to come.
	elapsed := max(0, now.Sub(w.start))
	return Decision{Reason: FailedAttemptRateLimited, RetryAfter: l.window() - elapsed}
}

// Fail records that a handoff to backend failed at now, and begins the backend's
// window if it has none. It keeps no reference to the memory of backend.
func (l *Limiter) Fail(backend string, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.forgetOverLocked(now)

	w := l.windows[backend]
	if w == nil {
		// The name may be a small part of a large message, which must not stay.
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

// over is the one place that says when a window ends.
func (l *Limiter) over(w *window, now time.Time) bool { return now.Sub(w.start) >= l.window() }

// forgetOverLocked forgets every window that is over at now.
func (l *Limiter) forgetOverLocked(now time.Time) {
	if l.order.first == nil || !l.over(l.order.first, now) {
		return
	}
	if l.over(l.order.last, now) {
		// All of them are, as after a flood of names and then quiet.
		l.windows, l.order, l.peak = nil, order{}, 0
		return
	}
	for l.over(l.order.first, now) {
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

// shrinkLocked gives back the room of a map that is mostly empty, which Go's
// maps never do. At least three windows were dropped for each that it copies.
func (l *Limiter) shrinkLocked() {
	const worthIt = 256 // a smaller map is not worth the copy
	if l.peak < worthIt || len(l.windows) > l.peak/4 {
		return
	}
	fewer := make(map[string]*window, len(l.windows))
	maps.Copy(fewer, l.windows)
	l.windows, l.peak = fewer, len(fewer)
}
