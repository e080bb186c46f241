package fdpass

import "time"

// Backoff waits between the attempts of something that may fail again at once, such as
// accepting at the limit of open descriptors: 5 ms, then twice as long each time, at most
// Most. It must not be used concurrently.
type Backoff struct {
	Most   time.Duration
	latest time.Duration
}

// Sleep waits, and reports whether it waited to the end: false means that stop was closed.
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

// Reset makes the next Sleep as short as the first.
func (b *Backoff) Reset() { b.latest = 0 }
