package client

import (
	"context"
	"net"
	"sync"
	"time"

	"github.com/handoff-go/handoff/fallback"
	"github.com/handoff-go/handoff/registry"
	"github.com/handoff-go/handoff/wire"
)

// Conn is a connection that was made through a broker. A [Dialer] makes it; the zero Conn
// is not usable, and a Conn must not be copied. Its methods are safe for concurrent use,
// as those of every net.Conn are.
//
// While its Outcome is Pending, Read waits until the broker or a backend says who owns the
// connection; Write waits for that only beyond Dialer.ReplayLimit. Deadlines and Close end
// the wait. Frames are read only inside Read and Write: a user that writes less than the
// limit and closes, without reading, never learns of a fallback.
type Conn struct {
	dialer *Dialer // the user's settings, with defaults filled in

	reader   chan struct{} // semaphore of who reads frames; never released once the outcome is known
	readable chan struct{} // closed when Read need not wait: see phase.readable
	writable chan struct{} // closed when Write need not wait: see phase.final
	closed   chan struct{} // closed by Close

	writeMu sync.Mutex // keeps one Write's bytes together

	// Owned by the holder of the reader semaphore.
	decoder      *wire.Decoder
	token        registry.Token // that ready must carry; zero: no reply was read yet
	replyAddress string         // where to reconnect to, from the reply; may be empty

	mu              sync.Mutex
	phase           phase
	conn            net.Conn
	err             error              // what Read and Write return in phases inDoubt and failed, and Write in reconnected
	decision        fallback.Decision  // why there was no handoff
	replayBuf       []byte             // what the user wrote in phase undecided; final in reconnecting
	written         int                // how much of it a backend may have read, at most
	writeClosed     bool               // CloseWrite was called
	cancelReconnect context.CancelFunc // nil: the client did not begin to reconnect
	readDeadline    deadline           // the user's
	writeDeadline   deadline           // the user's
	readerDeadline  *deadline          // which of the two limits the goroutine that reads frames; nil: none reads
	waitUntil       time.Time          // when the wait for the next frame ends; zero: nobody has waited yet
	graceUntil      time.Time          // when the last read after waitUntil ends; zero: it has not begun
}

func newConn(dialer *Dialer, conn net.Conn) *Conn {
	return &Conn{
		dialer:        dialer,
		reader:        make(chan struct{}, 1),
		readable:      make(chan struct{}),
		writable:      make(chan struct{}),
		closed:        make(chan struct{}),
		decoder:       wire.NewDecoder(wire.MaxHello),
		conn:          conn,
		readDeadline:  newDeadline(),
		writeDeadline: newDeadline(),
	}
}

// Outcome returns what became of the connection, as far as the client knows. It does not
// wait.
func (c *Conn) Outcome() Outcome {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.phase.outcome()
}

// Decision returns why the connection was not handed over. It is zero if the connection
// was handed over, or if the outcome is not known yet.
func (c *Conn) Decision() fallback.Decision {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.decision
}

// Read implements net.Conn. It waits until the owner of the connection is known, and
// returns an *InDoubtError, a *RefusedError or a *ReconnectError if there is none.
func (c *Conn) Read(b []byte) (int, error) {
	if err := c.await(c.readable, &c.readDeadline); err != nil {
		return 0, err
	}
	conn, err := c.readableConn()
	if err != nil {
		return 0, err
	}
	return conn.Read(b)
}

// readableConn returns the connection to read from, or why there is none. Call it once
// readable is closed.
func (c *Conn) readableConn() (net.Conn, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.phase == inDoubt || c.phase == failed {
		return nil, c.err
	}
	return c.conn, nil
}

// Close implements net.Conn. It does not wait, and ends every call that waits. A second
// Close returns net.ErrClosed.
func (c *Conn) Close() error {
	conn, err := c.markClosed()
	if conn == nil {
		return err
	}
	return conn.Close()
}

// markClosed ends all waits, and returns the connection to close; nil: there is none.
func (c *Conn) markClosed() (net.Conn, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if isClosed(c.closed) {
		return nil, net.ErrClosed
	}
	close(c.closed)
	c.readDeadline.stop()
	c.writeDeadline.stop()
	if c.cancelReconnect != nil {
		c.cancelReconnect()
	}
	c.replayBuf = nil
	if !c.phase.ownsConn() {
		return nil, nil
	}
	return c.conn, nil
}

// LocalAddr implements net.Conn. The address changes when the client reconnects.
func (c *Conn) LocalAddr() net.Addr {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.conn.LocalAddr()
}

// RemoteAddr implements net.Conn. It is the broker's address, even after the connection
// was handed over to a backend, and changes when the client reconnects.
func (c *Conn) RemoteAddr() net.Addr {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.conn.RemoteAddr()
}
