package client

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"time"

	"github.com/handoff-go/handoff/wire"
)

// lastLook is how long a client that did not run when something came may take to read it
// after the wait is over: it came in time.
const lastLook = 100 * time.Millisecond

// await waits until a channel is closed: readable or writable. Somebody has to read what
// closes it, and whoever waits does, if nobody else is at it.
func (c *Conn) await(until <-chan struct{}, d *deadline) error {
	select {
	case <-until:
		return nil
	default:
	}
	select {
	case <-until:
		return nil
	case <-c.gone:
		return net.ErrClosed
	case <-c.expiry(d):
		return c.late()
	case c.turn <- struct{}{}:
		if err := c.learn(d); err != nil {
			<-c.turn // for somebody who can wait longer
			return err
		}
		return c.wait(until, d)
	}
}

// learn reads frames until the outcome is known, and goes on where it ended the last
// time. It returns nil if it is, and else os.ErrDeadlineExceeded or net.ErrClosed. The
// caller has the turn.
func (c *Conn) learn(d *deadline) error {
	c.drive(d)
	defer c.drive(nil)
	for {
		frame, err := c.nextFrame(d)
		switch {
		case c.isClosed():
			return net.ErrClosed
		case errors.Is(err, os.ErrDeadlineExceeded):
			return err
		case err != nil:
			c.doubt(err)
			return nil
		}
		if c.token.IsZero() {
			if c.readReply(frame) {
				return nil
			}
			continue
		}
		c.readVerdict(frame)
		return nil
	}
}

// drive says by whose deadline frames are read. It begins the wait if nobody has waited.
func (c *Conn) drive(d *deadline) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.driver = d; d == nil {
		return
	}
	if c.end.IsZero() {
		c.end = time.Now().Add(c.set.ReplyTimeout)
	}
	_ = c.aimLocked() // an error comes again from the read
}

// nextFrame reads one frame and not a byte more: what follows is the user's. It may end
// anywhere in the frame by the user's deadline, and goes on from there the next time.
func (c *Conn) nextFrame(d *deadline) (wire.Frame, error) {
	for {
		frame, _, err := c.in.Next()
		if !errors.Is(err, wire.ErrIncomplete) {
			return frame, err
		}
		room := c.in.Free()
		n, err := c.conn.Read(room[:min(len(room), missing(c.in.Rest()))])
		c.in.Advance(n)
		switch {
		case err == nil || n > 0:
		case errors.Is(err, io.EOF):
			return wire.Frame{}, io.ErrUnexpectedEOF
		case !os.IsTimeout(err):
			return wire.Frame{}, err
		default:
			if err := c.timedOut(d, time.Now()); err != nil {
				return wire.Frame{}, err
			}
		}
	}
}

// missing returns how many bytes a frame lacks that the decoder says is incomplete.
func missing(have []byte) int {
	if len(have) < wire.HeaderSize {
		return wire.HeaderSize - len(have)
	}
	return wire.HeaderSize + int(binary.LittleEndian.Uint32(have[1:])) - len(have)
}

// timedOut says what a read means that ended by a deadline: the user's, the end of the
// wait, or, with nil, one that was moved meanwhile. The wait is over only after a look at
// what had come in time.
func (c *Conn) timedOut(d *deadline, now time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	passed := d.passed(now)
	switch {
	case !c.look.IsZero() && (passed || !now.Before(c.look)):
		return ErrSilent
	case passed:
		return os.ErrDeadlineExceeded
	case c.look.IsZero() && !now.Before(c.end):
		c.look = now.Add(lastLook)
	}
	return c.aimLocked()
}
