package client

import (
	"fmt"
	"io"
	"os"
)

// Write implements net.Conn. Before the owner of the connection is known it writes up to
// Dialer.ReplayLimit bytes at once, in all, and waits with the rest. If the connection to
// the broker breaks meanwhile Write waits, too: ready or fallback may still be unread.
// Each byte is read at most once, unless the caller writes it again after an *InDoubtError.
func (c *Conn) Write(b []byte) (int, error) {
	c.writeMu.Lock() // b may be written in two parts
	defer c.writeMu.Unlock()
	n, err := c.writeUndecided(b)
	if err != nil || n == len(b) {
		return n, err
	}
	if err := c.await(c.writable, &c.writeDeadline); err != nil {
		return n, err
	}
	c.mu.Lock()
	conn, err := c.conn, c.err
	c.mu.Unlock()
	if err != nil {
		return n, err
	}
	m, err := conn.Write(b[n:])
	return n + m, err
}

// writeUndecided writes as much of b as ReplayLimit permits while the owner is not known,
// and keeps it for a replay. The returned number of bytes reached the owner or will be
// replayed. Step: Write.
func (c *Conn) writeUndecided(b []byte) (int, error) {
	c.mu.Lock()
	conn, writeClosed := c.conn, c.writeClosed && !c.phase.final()
	limit := 0
	if c.phase == undecided && !writeClosed {
		limit = min(len(b), c.dialer.ReplayLimit-len(c.replayBuf))
	}
	c.written += limit
	c.mu.Unlock()
	switch {
	case writeClosed:
		return 0, io.ErrClosedPipe
	case limit == 0:
		return 0, nil
	}
	n, err := conn.Write(b[:limit])
	n = c.keep(b[:n], limit)
	if c.dialer.Trace != nil {
		c.trace(Event{Op: OpWrite, Err: err, Note: fmt.Sprintf("%d bytes", n)})
	}
	if !os.IsTimeout(err) {
		err = nil // the broker closed it, or closeBroker did: the outcome decides what becomes of b
	}
	return n, err
}

// keep adds what was written, of at most limit bytes, to replayBuf. It returns how many of
// the bytes the caller need not write again: none if the client has closed the connection
// to the broker while they were written.
func (c *Conn) keep(written []byte, limit int) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch c.phase {
	case undecided:
		c.replayBuf = append(c.replayBuf, written...)
		c.written -= limit - len(written)
	case adopted:
	default:
		return 0
	}
	return len(written)
}
