package backend

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"syscall"

	"github.com/handoff-go/handoff/internal/fdpass"
)

// Info is what a broker told about a connection.
type Info struct {
	Service       string // that the client wanted
	ClientAddress string // as the broker knows it; may be empty
	Metadata      []byte // of the broker's application; nil: none
}

// Conn is a connection that was handed over, and is owned by this process. It keeps what
// servers look for in a *net.TCPConn. Its methods are safe for concurrent use as those of
// net.Conn are. The zero Conn is not usable.
type Conn struct {
	net.Conn // a *net.TCPConn or *net.UnixConn
	info     Info
	step     func(Op) // calls Trace; nil: no Trace

	mu      sync.Mutex
	preface []byte // what the broker had read, and nobody has here
}

func newConn(c net.Conn, o *offer) *Conn {
	conn := &Conn{Conn: c, info: o.info, preface: o.preface}
	if trace := o.link.listener.o.Trace; trace != nil {
		e := Event{Link: o.link.id, Correlation: o.correlation} // the link itself must not live as long as c
		conn.step = func(op Op) { e.Op = op; trace(e) }
	}
	return conn
}

func (c *Conn) trace(op Op) {
	if c.step != nil {
		c.step(op)
	}
}

// Info returns what the broker told about the connection.
func (c *Conn) Info() Info { return c.info }

// Read implements net.Conn. What the broker had read from the client comes first.
func (c *Conn) Read(b []byte) (int, error) {
	c.mu.Lock()
	if len(c.preface) > 0 {
		defer c.mu.Unlock()
		n := copy(b, c.preface)
		c.preface = c.preface[n:]
		return n, nil
	}
	c.mu.Unlock()
	return c.Conn.Read(b)
}

// WriteTo implements io.WriterTo, by splice where the system can.
func (c *Conn) WriteTo(w io.Writer) (int64, error) {
	c.mu.Lock()
	preface := c.preface
	c.preface = nil
	c.mu.Unlock()
	n, err := w.Write(preface)
	if len(preface) == 0 {
		n, err = 0, nil
	}
	if err != nil {
		c.mu.Lock()
		c.preface = preface[n:]
		c.mu.Unlock()
		return int64(n), err
	}
	m, err := io.Copy(w, c.Conn)
	return int64(n) + m, err
}

// ReadFrom implements io.ReaderFrom, by sendfile or splice where the system can.
func (c *Conn) ReadFrom(r io.Reader) (int64, error) {
	return io.Copy(c.Conn, r)
}

// CloseRead shuts down the reading side, for all that have the connection.
func (c *Conn) CloseRead() error { return c.Conn.(interface{ CloseRead() error }).CloseRead() }

// CloseWrite shuts down the writing side: the client reads the end of the stream.
func (c *Conn) CloseWrite() error { return c.Conn.(interface{ CloseWrite() error }).CloseWrite() }

// SyscallConn implements syscall.Conn. A descriptor has no preface: see Detach.
func (c *Conn) SyscallConn() (syscall.RawConn, error) { return c.Conn.(syscall.Conn).SyscallConn() }

// Close implements net.Conn. It shuts the connection down before it closes it: somebody
// who holds a copy, stuck, cannot keep it open.
func (c *Conn) Close() error {
	if raw, err := c.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) { _ = fdpass.ShutdownBoth(int(fd)) })
	}
	return c.Conn.Close()
}

// Detach takes the connection out of this package: it returns a file of it, which the
// caller closes, and closes c without ending the connection. If not all is read of what
// the broker had read, it returns ErrPrefaceLeft, and c stays as it is.
func (c *Conn) Detach() (*os.File, error) {
	c.mu.Lock()
	left := len(c.preface)
	c.mu.Unlock()
	if left > 0 {
		return nil, ErrPrefaceLeft
	}
	f, err := c.Conn.(interface{ File() (*os.File, error) }).File()
	if err != nil {
		return nil, err
	}
	if err := c.Conn.Close(); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}
