package client

import "time"

// deadline is an instant that may be moved while others wait for it. Conn.mu guards it.
type deadline struct {
	at    time.Time     // zero: never
	over  chan struct{} // closed while the instant has come
	timer *time.Timer   // that will close over; nil: none
}

func newDeadline() deadline { return deadline{over: make(chan struct{})} }

// set moves the deadline. Who waits for over is woken if it has come. With timed false
// nobody waits, and no timer is taken.
func (d *deadline) set(t time.Time, timed bool) {
	d.stop()
	select {
	case <-d.over:
		d.over = make(chan struct{})
	default:
	}
	d.at = t
	if t.IsZero() || !timed {
		return
	}
	if wait := time.Until(t); wait > 0 {
		over := d.over
		d.timer = time.AfterFunc(wait, func() { close(over) })
		return
	}
	close(d.over)
}

// stop ends the timer. If it fires just now, over is closed when stop returns.
func (d *deadline) stop() {
	if d.timer != nil && !d.timer.Stop() {
		<-d.over
	}
	d.timer = nil
}

// passed reports whether the instant has come.
func (d *deadline) passed(now time.Time) bool { return !d.at.IsZero() && !now.Before(d.at) }

// earlier returns the earlier of two instants, where zero is never.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || (!b.IsZero() && b.Before(a)) {
		return b
	}
	return a
}
