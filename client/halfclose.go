package client

import (
	"errors"
	"fmt"
	"net"
)

// halfCloser is a connection whose write side can be closed alone, as those of TCP and Unix
// sockets can.
type halfCloser interface{ CloseWrite() error }

// CloseWrite closes the write side: the peer reads end of file behind all that was
// written, on a new connection after a fallback, too. Later Writes return an error. It does
// not wait. If the connection has no CloseWrite method it does nothing, and returns an
// error that wraps errors.ErrUnsupported.
func (c *Conn) CloseWrite() error {
	conn, phase, err := c.markWriteClosed()
	switch {
	case err != nil:
		return err
	case phase == reconnecting, phase == replaying:
		return nil // replay does it, behind what it writes
	}
	err = conn.CloseWrite()
	if phase == undecided && !isClosed(c.closed) {
		return nil // the broker closed it, or closeBroker did: replay or the outcome follows
	}
	return err
}

// markWriteClosed records that the user writes no more, and returns the connection to
// half-close and the phase it was in.
func (c *Conn) markWriteClosed() (halfCloser, phase, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case isClosed(c.closed):
		return nil, c.phase, net.ErrClosed
	case c.phase == inDoubt, c.phase == failed:
		return nil, c.phase, c.err
	}
	conn, ok := c.conn.(halfCloser)
	if !ok {
		return nil, c.phase, fmt.Errorf("client: half-close of a %T: %w", c.conn, errors.ErrUnsupported)
	}
	c.writeClosed = true
	return conn, c.phase, nil
}
