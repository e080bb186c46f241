package client

import (
	"context"
	"errors"
	"net"
	"os"
	"sync"
	"time"

	"github.com/handoff-go/handoff/fallback"
	"github.com/handoff-go/handoff/registry"
	"github.com/handoff-go/handoff/wire"
)

// phase is how far a connection has come.
//
//	waiting --ready------> settled                      adopted
//	        --fallback---> reconnecting --> replaying --> settled
//	        --end, silence, nonsense--> failed          doubt
//	reconnecting --no address, no connection--> failed
type phase uint8

const (
	waiting      phase = iota // it is not known who owns the connection
	reconnecting              // a new connection is being made; the old one is closed
	replaying                 // it can be read, and what was kept is written to it
	settled                   // it is like any connection
	failed                    // there is none
)

// Conn is a connection that was made by way of a broker. It is made by a [Dialer]; the
// zero Conn is not usable, and a Conn must not be copied. Its methods are safe for
// concurrent use, as those of net.Conn are.
//
// As long as its Outcome is Pending, Read waits for the broker or a backend to say who
// owns the connection, and Write for that only beyond Dialer.ReplayLimit; deadlines and
// Close end the wait. Nothing is learnt while nobody reads: a user that only writes, and
// closes, is not told of a fallback.
type Conn struct {
	set *Dialer

	turn     chan struct{} // held by who reads frames, and for good by who has learnt the outcome
	readable chan struct{} // closed when Read needs not wait any more
	writable chan struct{} // closed when Write needs not wait any more
	gone     chan struct{} // closed by Close

	writes sync.Mutex // held by the one Write that goes on

	// Of who has the turn.
	in      *wire.Decoder
	token   registry.Token // that ready must have; zero: no reply yet
	address string         // where the reply says to reconnect to

	mu      sync.Mutex
	phase   phase
	outcome Outcome
	conn    net.Conn
	err     error              // in phase failed; or why what was kept could not be written again
	why     fallback.Decision  // why there was no handoff
	kept    []byte             // what the user wrote, in phase waiting and reconnecting
	sent    int                // how much the user wrote, at most, in phase waiting
	ended   bool               // CloseWrite was called
	closed  bool               // Close was called
	cancel  context.CancelFunc // of reconnecting
	driver  *deadline          // of who has the turn: read or write; nil: nobody has it
	end     time.Time          // when the wait is over; zero: nobody has waited yet
	look    time.Time          // when a look at what had come by then is; zero: none is taken
	read    deadline           // the user's
	write   deadline
}

func newConn(set *Dialer, conn net.Conn) *Conn {
	return &Conn{
		set:      set,
		turn:     make(chan struct{}, 1),
		readable: make(chan struct{}),
		writable: make(chan struct{}),
		gone:     make(chan struct{}),
		in:       wire.NewDecoder(wire.MaxHello),
		conn:     conn,
		read:     newDeadline(),
		write:    newDeadline(),
	}
}

// Outcome returns what became of the connection, as far as it is known. It does not wait.
func (c *Conn) Outcome() Outcome {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.outcome
}

// Decision returns why the connection was not handed over; zero: it was, or that is not
// known yet.
func (c *Conn) Decision() fallback.Decision {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.why
}

// Read implements net.Conn. Until it is known who owns the connection it waits for that,
// and may return a *InDoubtError, *RefusedError or *ReconnectError.
func (c *Conn) Read(b []byte) (int, error) {
	if err := c.await(c.readable, &c.read); err != nil {
		return 0, err
	}
	conn, err := c.current()
	if err != nil {
		return 0, err
	}
	return conn.Read(b)
}

// current returns the connection, which readable says there is, or why there is none.
func (c *Conn) current() (net.Conn, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.phase == failed {
		return nil, c.err
	}
	return c.conn, nil
}

// Close implements net.Conn. It waits for nothing, and ends whatever waits. A second
// Close returns net.ErrClosed.
func (c *Conn) Close() error {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return net.ErrClosed
	}
	c.closed = true
	c.read.stop()
	c.write.stop()
	var conn net.Conn
	if c.phase != reconnecting && c.phase != failed {
		conn = c.conn
	}
	if c.cancel != nil {
		c.cancel()
	}
	c.kept = nil
	c.mu.Unlock()
	close(c.gone)
	if conn == nil {
		return nil
	}
	return conn.Close()
}

// LocalAddr implements net.Conn. It changes when the client reconnects.
func (c *Conn) LocalAddr() net.Addr {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.conn.LocalAddr()
}

// RemoteAddr implements net.Conn. It is the broker's address, also of a connection that
// was handed over, and changes when the client reconnects.
func (c *Conn) RemoteAddr() net.Addr {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.conn.RemoteAddr()
}

// SetDeadline implements net.Conn.
func (c *Conn) SetDeadline(t time.Time) error {
	return errors.Join(c.SetReadDeadline(t), c.SetWriteDeadline(t))
}

// SetReadDeadline implements net.Conn. A Read that waits to learn who owns the connection
// ends by it, with os.ErrDeadlineExceeded, and the next one goes on waiting.
func (c *Conn) SetReadDeadline(t time.Time) error { return c.setDeadline(&c.read, t) }

// SetWriteDeadline implements net.Conn. A Write that waits ends by it; how much it wrote
// counts as written. What is written again after a fallback has no deadline.
func (c *Conn) SetWriteDeadline(t time.Time) error { return c.setDeadline(&c.write, t) }

func (c *Conn) setDeadline(d *deadline, t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return net.ErrClosed
	}
	d.set(t, c.phase != settled && c.phase != failed)
	return c.aimLocked()
}

// aimLocked gives the connection the deadlines that are in force.
func (c *Conn) aimLocked() error {
	switch c.phase {
	case waiting:
		if c.driver != nil {
			end := c.end
			if !c.look.IsZero() {
				end = c.look
			}
			if err := c.conn.SetReadDeadline(earlier(c.driver.at, end)); err != nil {
				return err
			}
		}
		return c.conn.SetWriteDeadline(c.write.at)
	case replaying:
		return c.conn.SetReadDeadline(c.read.at)
	case settled:
		return errors.Join(c.conn.SetReadDeadline(c.read.at), c.conn.SetWriteDeadline(c.write.at))
	}
	return nil
}

// expiry returns what is closed when d has come.
func (c *Conn) expiry(d *deadline) <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	return d.over
}

// wait waits until a channel is closed, with the deadline d.
func (c *Conn) wait(until <-chan struct{}, d *deadline) error {
	select {
	case <-until:
		return nil
	case <-c.gone:
		return net.ErrClosed
	case <-c.expiry(d):
		return c.late()
	}
}

// late is what a deadline means that has come: nothing, to a connection that is closed.
func (c *Conn) late() error {
	if c.isClosed() {
		return net.ErrClosed
	}
	return os.ErrDeadlineExceeded
}

func (c *Conn) isClosed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closed
}
