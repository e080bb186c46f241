package client

import (
	"context"
	"fmt"
	"net"

	"github.com/handoff-go/handoff/fallback"
)

// closeBroker closes the connection to the broker, which nobody owned. From here on
// nothing is added to replayBuf: what a Write still has in hand it writes to the new
// connection, behind the replay.
func (c *Conn) closeBroker(on cause, decision fallback.Decision) {
	c.mu.Lock()
	c.enterLocked(on)
	c.decision = decision
	conn := c.conn
	c.mu.Unlock()
	conn.Close()
}

// reconnectOrFail begins to connect to address, or to Dialer.Reconnect if address is
// empty; with neither the connection fails with refused. It does not wait for the new
// connection: its caller does, with the deadline of its own call.
func (c *Conn) reconnectOrFail(address string, refused *RefusedError) {
	if address == "" {
		address = c.dialer.Reconnect
	}
	if address == "" {
		c.failNoAddress(refused)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if isClosed(c.closed) {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), c.dialer.ConnectTimeout)
	c.cancelReconnect = cancel
	go func() {
		defer cancel()
		c.reconnect(ctx, address)
	}()
}

func (c *Conn) failNoAddress(refused *RefusedError) {
	c.mu.Lock()
	c.err = refused
	c.enterLocked(causeNoAddress)
	c.mu.Unlock()
	c.release()
}

// reconnect makes the new connection and replays what the user wrote. Step: Reconnect.
func (c *Conn) reconnect(ctx context.Context, address string) {
	conn, err := c.dialer.Connect(ctx, networkOf(address), address)
	replay, err := c.useConn(conn, address, err)
	c.trace(Event{Op: OpReconnect, Err: err, Note: fmt.Sprintf("%s, %d bytes to replay", address, len(replay))})
	c.release()
	if err == nil {
		c.replay(conn, address, replay)
	}
}

// useConn makes conn the connection of c, unless connecting failed with err, and returns
// what to write to it first. If the user has closed c meanwhile it closes conn and returns
// net.ErrClosed.
func (c *Conn) useConn(conn net.Conn, address string, err error) ([]byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case isClosed(c.closed) && err == nil:
		conn.Close()
		return nil, net.ErrClosed
	case isClosed(c.closed):
		return nil, err
	case err != nil:
		c.err = &ReconnectError{Address: address, Decision: c.decision, Err: err}
		c.enterLocked(causeNotConnected)
		return nil, err
	}
	replay := c.replayBuf
	c.conn = conn
	c.enterLocked(causeReconnect)
	return replay, nil
}

// replay writes what the user wrote before the fallback, once, and then lets later writes
// follow.
func (c *Conn) replay(conn net.Conn, address string, b []byte) {
	var n int
	var err error
	if len(b) > 0 {
		n, err = conn.Write(b)
	}
	c.mu.Lock()
	if err != nil {
		c.err = &ReconnectError{Address: address, Replayed: n, Decision: c.decision, Err: err}
	}
	writeClosed := c.writeClosed
	c.enterLocked(causeReplayed)
	c.mu.Unlock()
	c.release()
	if half, ok := conn.(halfCloser); ok && writeClosed {
		_ = half.CloseWrite()
	}
}
