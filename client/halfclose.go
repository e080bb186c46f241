package client

import (
	"errors"
	"fmt"
	"net"
)

// halfCloser is a connection that has two sides, as those of TCP and Unix sockets have.
type halfCloser interface{ CloseWrite() error }

// CloseWrite ends the writing side: the other end reads the end of the stream, after all
// that was written, and of a new connection too. Writes return an error from then on. It
// does not wait. It returns an error that wraps errors.ErrUnsupported, and does nothing,
// if connections of this kind have no sides.
func (c *Conn) CloseWrite() error {
	conn, phase, err := c.endWrites()
	switch {
	case err != nil:
		return err
	case phase == reconnecting, phase == replaying:
		return nil // it follows what was kept
	}
	err = conn.CloseWrite()
	if phase == waiting && !c.isClosed() {
		return nil // it broke, or was left: what became of it decides
	}
	return err
}

// endWrites notes that nothing more will be written, and returns the connection to say
// it on.
func (c *Conn) endWrites() (halfCloser, phase, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.closed:
		return nil, c.phase, net.ErrClosed
	case c.phase == failed:
		return nil, c.phase, c.err
	}
	conn, ok := c.conn.(halfCloser)
	if !ok {
		return nil, c.phase, fmt.Errorf("client: half-close of a %T: %w", c.conn, errors.ErrUnsupported)
	}
	c.ended = true
	return conn, c.phase, nil
}
