package client

import (
	"fmt"
	"io"
	"os"
)

// Write implements net.Conn. Until it is known who owns the connection it takes up to
// Dialer.ReplayLimit bytes at once, and waits with the rest; or if the connection breaks,
// when what became of it decides. A write that counts is read at most once, unless the
// connection ends in doubt.
func (c *Conn) Write(b []byte) (int, error) {
	c.writes.Lock() // what is written in two parts stays together
	defer c.writes.Unlock()
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
	if err != nil {
		return n, err
	}
	m, err := conn.Write(b[n:])
	return n + m, err
}

// writeAhead writes and keeps as much as it may while it is not known who reads it. What
// it returns counts: it is with the owner, or will be written again. Step: Write.
func (c *Conn) writeAhead(b []byte) (int, error) {
	c.mu.Lock()
	conn, ended := c.conn, c.ended && c.phase != settled && c.phase != failed
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
	n = c.keep(b[:n], room)
	if c.set.Trace != nil {
		c.trace(Event{Op: OpWrite, Err: err, Note: fmt.Sprintf("%d bytes", n)})
	}
	if !os.IsTimeout(err) {
		err = nil // if it broke, or was left, what became of it decides
	}
	return n, err
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
