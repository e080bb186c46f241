package broker

import (
	"net"
	"os"
	"syscall"
	"time"

	"github.com/handoff-go/handoff/internal/fdpass"
)

// clientConn is the broker's copy of a client's connection, in one of three forms: a bare
// descriptor, as the accept loop gets it; a file, where the poller is needed to wait for first
// bytes, which costs less than package net; and a net.Conn, the caller's or what wrap makes. It has
// one user at a time: the goroutine of its transfer, then whoever claims the attempt.
type clientConn struct {
	b    *shared
	from fdpass.Origin
	fd   int             // the descriptor; -1: another form
	file *os.File        // the file; nil: another form
	conn net.Conn        // a *net.TCPConn or *net.UnixConn; nil: another form
	raw  syscall.RawConn // of file or conn
}

// fromCaller is the origin of connections that Handoff was given.
const fromCaller fdpass.Origin = "taken by Handoff"

// takenConn takes the connection of a caller.
func (s *shared) takenConn(conn net.Conn) (*clientConn, error) {
	switch conn.(type) {
	case *net.TCPConn, *net.UnixConn:
	default:
		return nil, unsupported(conn)
	}
	raw, err := rawOf(conn)
	if err != nil {
		return nil, err
	}
	s.ledger.Opened(fromCaller)
	return &clientConn{b: s, from: fromCaller, fd: -1, conn: conn, raw: raw}, nil
}

// acceptedConn takes a descriptor that was just accepted.
func (s *shared) acceptedConn(fd int) *clientConn {
	s.ledger.Opened(fdpass.Accepted)
	return &clientConn{b: s, from: fdpass.Accepted, fd: fd}
}

// control calls f with the descriptor, which stays open meanwhile.
func (c *clientConn) control(f func(fd int)) error {
	if c.raw == nil {
		f(c.fd)
		return nil
	}
	return c.raw.Control(func(fd uintptr) { f(int(fd)) })
}

// watch makes a raw connection one that can be waited for.
func (c *clientConn) watch() error {
	file := os.NewFile(uintptr(c.fd), "client")
	raw, err := file.SyscallConn()
	c.fd, c.file, c.raw = -1, file, raw
	return err // nil: it is open
}

// wrap makes the connection one of package net. With an error it stays as it was.
func (c *clientConn) wrap() error {
	var conn net.Conn
	var err error
	switch {
	case c.conn != nil:
		return nil
	case c.file == nil:
		conn, err = fdpass.NetConn(c.fd)
	default:
		if conn, err = net.FileConn(c.file); err == nil {
			c.file.Close()
		}
	}
	if err != nil {
		return err
	}
	raw, err := rawOf(conn)
	c.fd, c.file, c.conn, c.raw = -1, nil, conn, raw
	return err // nil: it is open
}

func rawOf(conn net.Conn) (syscall.RawConn, error) {
	return conn.(syscall.Conn).SyscallConn() // both kinds have it
}

// write sends b without waiting. With an error only a part may be sent.
func (c *clientConn) write(b []byte) error {
	var n int
	var inner error
	if err := c.control(func(fd int) { n, inner = fdpass.TryWrite(fd, b) }); err != nil {
		return err
	}
	if inner == nil && n < len(b) {
		inner = errReply
	}
	return inner
}

// fence shuts the connection down, for everybody who has a copy.
func (c *clientConn) fence() error {
	var inner error
	if err := c.control(func(fd int) { inner = fdpass.ShutdownBoth(fd) }); err != nil {
		return err
	}
	return inner
}

// close closes the broker's copy, without shutdown: other copies stay open. Once closed it does
// nothing: the number of a closed descriptor may be that of another connection by then.
func (c *clientConn) close() {
	switch {
	case c.conn != nil:
		c.conn.Close()
	case c.file != nil:
		c.file.Close()
	case c.fd >= 0:
		fdpass.Close(c.fd)
	default:
		return
	}
	c.fd, c.file, c.conn = -1, nil, nil
	c.b.ledger.Closed(c.from)
}

// end ends a connection that the broker owns. It is shut down before it is closed: an earlier
// holder that is stuck may have a copy, and closing alone would leave the client waiting for that.
// Spec: EndConn.
func (c *clientConn) end(note string) {
	err := c.fence()
	c.close()
	c.b.trace(Event{Op: OpEndConn, Err: err, Note: note})
}

// regain makes the connection fit for use again after others had copies of it. All copies share
// the status flags: a holder that cleared O_NONBLOCK, as os.File.Fd does, would have every
// later read of ours block in the system call, where no deadline can wake it.
func (c *clientConn) regain() error {
	var inner error
	if err := c.control(func(fd int) { inner = fdpass.SetNonblock(fd) }); err != nil {
		return err
	}
	if inner != nil || c.conn == nil {
		return inner
	}
	return c.conn.SetDeadline(time.Time{})
}

// linger gives the client time to read what was written last: a connection that is
// closed with unread bytes in it is reset, and what its client had not read may be lost.
// It reads and drops what comes until the client ends the connection, too.
func (c *clientConn) linger(d time.Duration) {
	if c.wrap() != nil {
		return
	}
	closer, ok := c.conn.(interface{ CloseWrite() error })
	if !ok || closer.CloseWrite() != nil || c.conn.SetReadDeadline(time.Now().Add(d)) != nil {
		return
	}
	var sink [4096]byte
	for left := 1 << 20; left > 0; {
		n, err := c.conn.Read(sink[:])
		if err != nil {
			return
		}
		left -= n
	}
}

// remote returns the address of the client, as text; empty if it has none.
func remote(addr net.Addr) string {
	if addr == nil {
		return ""
	}
	text := addr.String()
	if text == "@" || text == "<nil>" {
		return "" // an unnamed Unix socket
	}
	return text
}
