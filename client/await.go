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

// readGrace is how long the client still reads after the wait for a frame has ended. A
// client that did not run for a while (stopped, or on a busy machine) may find both that
// the wait has ended and that the frame lies in its socket buffer. The frame came in time:
// to ignore it would put a connection in doubt that a backend serves.
const readGrace = 100 * time.Millisecond

// await waits until a channel, readable or writable, is closed, or until d. The channel is
// closed because somebody reads the frames that say who owns the connection: one of the
// goroutines that wait does that, and the others wait for it.
func (c *Conn) await(until <-chan struct{}, d *deadline) error {
	if isClosed(until) {
		return nil
	}
	select {
	case <-until:
		return nil
	case <-c.closed:
		return net.ErrClosed
	case <-c.expired(d):
		return c.deadlineError()
	case c.reader <- struct{}{}:
		if err := c.readFrames(d); err != nil {
			<-c.reader // for a goroutine whose deadline is later
			return err
		}
		return c.wait(until, d)
	}
}

// wait waits until a channel is closed, or until d.
func (c *Conn) wait(until <-chan struct{}, d *deadline) error {
	select {
	case <-until:
		return nil
	case <-c.closed:
		return net.ErrClosed
	case <-c.expired(d):
		return c.deadlineError()
	}
}

// expired returns the channel that is closed when d has passed.
func (c *Conn) expired(d *deadline) <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	return d.expired
}

// deadlineError returns net.ErrClosed for a closed connection, whatever its deadline, and
// else os.ErrDeadlineExceeded.
func (c *Conn) deadlineError() error {
	if isClosed(c.closed) {
		return net.ErrClosed
	}
	return os.ErrDeadlineExceeded
}

// readFrames reads frames until the owner of the connection is known or in doubt, and
// returns nil then. It returns os.ErrDeadlineExceeded or net.ErrClosed if the caller must
// stop; the next call continues, in the middle of a frame if need be. The caller holds the
// reader semaphore.
func (c *Conn) readFrames(d *deadline) error {
	c.setReader(d)
	defer c.setReader(nil)
	for {
		frame, err := c.readFrame(d)
		switch {
		case isClosed(c.closed):
			return net.ErrClosed
		case errors.Is(err, os.ErrDeadlineExceeded):
			return err
		case err != nil:
			c.readEnd(err)
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

// setReader says by which deadline frames are read; nil: nobody reads any. The first call
// begins the wait for the reply.
func (c *Conn) setReader(d *deadline) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.readerDeadline = d; d == nil {
		return
	}
	if c.waitUntil.IsZero() {
		c.waitUntil = time.Now().Add(c.dialer.ReplyTimeout)
	}
	_ = c.applyDeadlinesLocked() // a broken connection fails the read that follows, too
}

// readFrame reads one frame and no byte more: the bytes behind the last frame are the
// user's. It may end by d anywhere in the frame; the decoder keeps what was read.
func (c *Conn) readFrame(d *deadline) (wire.Frame, error) {
	for {
		frame, _, err := c.decoder.Next()
		if !errors.Is(err, wire.ErrIncomplete) {
			return frame, err
		}
		free := c.decoder.Free()
		n, err := c.conn.Read(free[:min(len(free), missing(c.decoder.Rest()))])
		c.decoder.Advance(n)
		switch {
		case err == nil || n > 0:
		case errors.Is(err, io.EOF):
			return wire.Frame{}, io.ErrUnexpectedEOF
		case !os.IsTimeout(err):
			return wire.Frame{}, err
		default:
			if err := c.readTimedOut(d, time.Now()); err != nil {
				return wire.Frame{}, err
			}
		}
	}
}

// missing returns how many bytes the decoder lacks: of the header first, then of the
// frame.
func missing(have []byte) int {
	if len(have) < wire.HeaderSize {
		return wire.HeaderSize - len(have)
	}
	return wire.HeaderSize + int(binary.LittleEndian.Uint32(have[1:])) - len(have)
}

// readTimedOut says what it means that a read ended by the deadline of the connection:
// os.ErrDeadlineExceeded for the user's deadline, ErrSilent for the end of the wait, or nil
// to read again, because the deadline was moved or the grace begins.
//
// The grace begins only when the user's deadline has not passed: a read whose deadline has
// passed returns at once, without a look at the socket buffer. Once the grace has begun,
// the end of either is the end of the wait.
func (c *Conn) readTimedOut(d *deadline, now time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	passed, inGrace := d.passed(now), !c.graceUntil.IsZero()
	switch {
	case inGrace && (passed || !now.Before(c.graceUntil)):
		return ErrSilent
	case passed:
		return os.ErrDeadlineExceeded
	case !inGrace && !now.Before(c.waitUntil):
		c.graceUntil = now.Add(readGrace)
	}
	return c.applyDeadlinesLocked()
}
