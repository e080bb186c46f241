package client

import (
	"context"
	"fmt"
	"net"

	"github.com/handoff-go/handoff/fallback"
)

// leave closes the connection to the broker, which nobody owned. What was kept is final
// from here on.
func (c *Conn) leave(why fallback.Decision) {
	c.mu.Lock()
	c.phase, c.why = reconnecting, why
	conn := c.conn
	c.mu.Unlock()
	conn.Close()
}

// elsewhere goes to an address, or to Dialer.Reconnect if it is empty, or else fails
// with the refusal. It does not wait: whose turn it is waits with a deadline of its own.
func (c *Conn) elsewhere(address string, refused *RefusedError) {
	if address == "" {
		address = c.set.Reconnect
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.closed:
	case address == "":
		c.failLocked(refused)
	default:
		ctx, cancel := context.WithTimeout(context.Background(), c.set.ConnectTimeout)
		c.cancel = cancel
		go func() {
			defer cancel()
			c.reconnect(ctx, address)
		}()
	}
}

// reconnect makes the new connection, and writes what was kept. From when it is made it
// can be read: the other end may answer before it has read everything. Step: Reconnect.
func (c *Conn) reconnect(ctx context.Context, address string) {
	conn, err := c.set.Connect(ctx, networkOf(address), address)
	var kept []byte
	c.mu.Lock()
	closed := c.closed
	switch {
	case closed:
	case err != nil:
		c.failLocked(&ReconnectError{Address: address, Decision: c.why, Err: err})
	default:
		kept, c.kept = c.kept, nil
		c.conn, c.phase, c.outcome = conn, replaying, Reconnected
		_ = c.aimLocked() // an error comes again from the user's next read or write
		close(c.readable)
	}
	c.mu.Unlock()
	if closed && err == nil {
		conn.Close()
		err = net.ErrClosed
	}
	c.trace(Event{Op: OpReconnect, Err: err, Note: fmt.Sprintf("%s, %d bytes to write again", address, len(kept))})
	if err == nil {
		c.replay(conn, address, kept)
	}
}

// replay writes what was kept, once, and lets later writes follow.
func (c *Conn) replay(conn net.Conn, address string, kept []byte) {
	var n int
	var err error
	if len(kept) > 0 {
		n, err = conn.Write(kept)
	}
	c.mu.Lock()
	if err != nil {
		c.err = &ReconnectError{Address: address, Replayed: n, Decision: c.why, Err: err}
	}
	ended := c.ended
	c.settleLocked()
	c.mu.Unlock()
	if half, ok := conn.(halfCloser); ok && ended {
		_ = half.CloseWrite()
	}
}
