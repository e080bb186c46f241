package fdpass

import "time"

// Backoff waits after what fails again at once while, say, no descriptor is left: 5 ms,
// and then twice as long each time, up to Most. It has one user at a time.
type Backoff struct {
	Most   time.Duration
	latest time.Duration
}

// Sleep waits, and returns whether it did until the end: false if stop was closed.
func (b *Backoff) Sleep(stop <-chan struct{}) bool {
	b.latest = min(max(2*b.latest, 5*time.Millisecond), b.Most)
	timer := time.NewTimer(b.latest)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-stop:
		return false
	}
}

// Reset has the next Sleep be as short as the first.
func (b *Backoff) Reset() { b.latest = 0 }
