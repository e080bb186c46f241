package backend

import (
	"io"
	"net"
	"os"
	"syscall"

	"github.com/handoff-go/handoff/internal/ownedconn"
)

// Info describes a connection, in the words of the broker.
type Info struct {
	Service       string // the service that the client asked for
	ClientAddress string // the client's address as the broker knows it; may be empty
	Metadata      []byte // from the application that runs the broker; nil: none
}

// netConn is a *net.TCPConn or *net.UnixConn. It is embedded for its methods: a field named Conn would
// let users read past what the broker had read.
type netConn = net.Conn

// Conn is a connection that was handed over, and that this process owns. It has the methods
// that servers look for in a *net.TCPConn. They are safe for concurrent use as those of
// net.Conn are. The zero Conn is not usable, and a Conn must not be copied.
type Conn struct {
	netConn
	info  Info
	owned ownedconn.Conn // the same connection, behind what the broker had read
	step  func(Op)       // calls Trace; nil: no Trace
}

func newConn(c net.Conn, o *offer) *Conn {
	conn := &Conn{netConn: c, info: o.info, owned: ownedconn.Make(c, o.preface)}
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

// Info returns the broker's description of the connection.
func (c *Conn) Info() Info { return c.info }

// Read implements net.Conn. What the broker had read from the client comes first.
func (c *Conn) Read(b []byte) (int, error) { return c.owned.Read(b) }

// WriteTo implements io.WriterTo, by splice where the system can.
func (c *Conn) WriteTo(w io.Writer) (int64, error) { return c.owned.WriteTo(w) }

// ReadFrom implements io.ReaderFrom, by sendfile or splice where the system can.
func (c *Conn) ReadFrom(r io.Reader) (int64, error) { return c.owned.ReadFrom(r) }

// CloseRead shuts down the reading side, for all that have a copy of the connection.
func (c *Conn) CloseRead() error { return c.owned.CloseRead() }

// CloseWrite shuts down the writing side: the client reads the end of the stream.
func (c *Conn) CloseWrite() error { return c.owned.CloseWrite() }

// SyscallConn implements syscall.Conn. The descriptor does not carry the preface: see Detach.
func (c *Conn) SyscallConn() (syscall.RawConn, error) { return c.owned.SyscallConn() }

// Close implements net.Conn. It shuts the connection down before it closes it: a stuck process that
// holds a copy cannot keep it open.
func (c *Conn) Close() error { return c.owned.Close() }

// Detach takes the connection out of this package: it returns a file of it, which the caller closes,
// and closes c without ending the connection. While some of what the broker had read is not read here,
// it returns ErrPrefaceLeft, and c stays as it is.
func (c *Conn) Detach() (*os.File, error) {
	if len(ownedconn.Unread(&c.owned)) > 0 {
		return nil, ErrPrefaceLeft
	}
	return ownedconn.Detach(&c.owned)
}
