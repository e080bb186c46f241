package client

import (
	"errors"
	"net"
	"time"
)

// deadline is an instant that may be moved while goroutines wait for it. Conn.mu guards it.
type deadline struct {
	at      time.Time     // zero: never
	expired chan struct{} // closed once the instant has passed; replaced when the deadline is moved
	timer   *time.Timer   // closes expired; nil: no timer runs
}

func newDeadline() deadline { return deadline{expired: make(chan struct{})} }

// set moves the deadline, and wakes the goroutines that wait if t has passed. Pass waits
// false when no goroutine can wait: then no timer is started.
func (d *deadline) set(t time.Time, waits bool) {
	d.stop()
	if isClosed(d.expired) {
		d.expired = make(chan struct{})
	}
	d.at = t
	if t.IsZero() || !waits {
		return
	}
	if wait := time.Until(t); wait > 0 {
		expired := d.expired
		d.timer = time.AfterFunc(wait, func() { close(expired) })
		return
	}
	close(d.expired)
}

// stop stops the timer. If the timer has fired already, expired is closed when stop
// returns: otherwise set could replace the channel while the timer is about to close it.
func (d *deadline) stop() {
	if d.timer != nil && !d.timer.Stop() {
		<-d.expired
	}
	d.timer = nil
}

// passed reports whether the deadline is at or before now.
func (d *deadline) passed(now time.Time) bool { return !d.at.IsZero() && !now.Before(d.at) }

// earlier returns the earlier of two instants; zero is never.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || (!b.IsZero() && b.Before(a)) {
		return b
	}
	return a
}

// SetDeadline implements net.Conn.
func (c *Conn) SetDeadline(t time.Time) error {
	return errors.Join(c.SetReadDeadline(t), c.SetWriteDeadline(t))
}

// SetReadDeadline implements net.Conn. A Read that waits for the outcome returns
// os.ErrDeadlineExceeded at t; a later Read continues the wait.
func (c *Conn) SetReadDeadline(t time.Time) error { return c.setDeadline(&c.readDeadline, t) }

// SetWriteDeadline implements net.Conn. A Write that waits for the outcome returns
// os.ErrDeadlineExceeded at t, with the number of bytes it wrote. The replay after a
// fallback has no deadline.
func (c *Conn) SetWriteDeadline(t time.Time) error { return c.setDeadline(&c.writeDeadline, t) }

func (c *Conn) setDeadline(d *deadline, t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if isClosed(c.closed) {
		return net.ErrClosed
	}
	d.set(t, !isClosed(c.writable))
	return c.applyDeadlinesLocked()
}

// applyDeadlinesLocked sets the deadlines of the connection to those that the phase
// requires.
func (c *Conn) applyDeadlinesLocked() error {
	switch c.phase {
	case undecided: // reads are of frames, and end with the wait for them, too
		if c.readerDeadline != nil {
			end := c.waitUntil
			if !c.graceUntil.IsZero() {
				end = c.graceUntil
			}
			if err := c.conn.SetReadDeadline(earlier(c.readerDeadline.at, end)); err != nil {
				return err
			}
		}
		return c.conn.SetWriteDeadline(c.writeDeadline.at)
	case replaying: // writes are the replay's
		return c.conn.SetReadDeadline(c.readDeadline.at)
	case adopted, reconnected:
		return errors.Join(c.conn.SetReadDeadline(c.readDeadline.at), c.conn.SetWriteDeadline(c.writeDeadline.at))
	}
	return nil
}
