package client

import (
	"fmt"
	"io"
	"net"
	"os"
)

// Write implements net.Conn. Until it is known who owns the connection it takes up to
// Dialer.ReplayLimit bytes at once, and waits with the rest; or if the connection breaks,
// when what became of it decides. A write that counts is read at most once, unless the
// connection ends in doubt.
func (c *Conn) Write(b []byte) (int, error) {
	if conn, err, plain := c.straight(); plain {
		return write(conn, err, b)
	}
	if err := c.beginWrite(); err != nil {
		return 0, err
	}
	defer c.endWrite()
	n, err := c.writeAhead(b)
	if err != nil || n == len(b) {
		return n, err
	}
	if err := c.await(c.writable, &c.write); err != nil {
		return n, err
	}
	c.mu.Lock()
	conn, err := c.conn, c.err
	c.mu.Unlock()
	m, err := write(conn, err, b[n:])
	return n + m, err
}

func write(conn net.Conn, err error, b []byte) (int, error) {
	if err != nil {
		return 0, err
	}
	return conn.Write(b)
}

// straight returns the connection, or why there is none, if Write may go straight to it.
func (c *Conn) straight() (net.Conn, error, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.conn, c.err, c.plain
}

// beginWrite lets one Write at a time go on, so that what is written in two parts stays
// together.
func (c *Conn) beginWrite() error {
	if c.isClosed() {
		return net.ErrClosed
	}
	select {
	case c.writing <- struct{}{}:
		return nil
	case <-c.gone:
		return net.ErrClosed
	case <-c.expiry(&c.write):
		return c.late()
	}
}

func (c *Conn) endWrite() {
	c.mu.Lock()
	select {
	case <-c.writable:
		c.plainLocked()
	default:
	}
	c.mu.Unlock()
	<-c.writing
}

// writeAhead writes and keeps as much as it may while it is not known who reads it. What
// it returns counts: it is with the owner, or will be written again. An error is final;
// without one the rest waits for the outcome. Step: Write.
func (c *Conn) writeAhead(b []byte) (int, error) {
	c.mu.Lock()
	conn, ended := c.conn, c.ended
	room := min(len(b), c.set.ReplayLimit-len(c.kept))
	if c.phase != waiting || ended {
		room = 0
	}
	c.sent += room
	c.mu.Unlock()
	switch {
	case ended:
		return 0, io.ErrClosedPipe
	case room == 0:
		return 0, nil
	}
	n, err := conn.Write(b[:room])
	counts := c.keep(b[:n], room)
	if c.set.Trace != nil {
		c.trace(Event{Op: OpWrite, Err: err, Note: fmt.Sprintf("%d bytes", counts)})
	}
	switch {
	case err == nil:
		return counts, nil
	case c.isClosed():
		return counts, net.ErrClosed
	case os.IsTimeout(err):
		return counts, err
	case c.hasEnded():
		return counts, io.ErrClosedPipe
	}
	return counts, nil // it broke, or was left: what became of it decides
}

// keep keeps what was written of room bytes, and returns how much of it counts: nothing,
// if the connection was left meanwhile.
func (c *Conn) keep(written []byte, room int) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.phase == waiting:
		c.kept = append(c.kept, written...)
		c.sent -= room - len(written)
	case c.outcome != Adopted:
		return 0
	}
	return len(written)
}

func (c *Conn) hasEnded() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ended
}
