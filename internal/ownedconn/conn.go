// Package ownedconn is a client's connection that this process owns: one that a handoff brought to
// a backend, or gave back to its broker.
package ownedconn

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"syscall"

	"github.com/handoff-go/handoff/internal/fdpass"
)

// netConn is embedded for its methods: a field named Conn would let users read past the preface.
type netConn = net.Conn

// Conn is a connection whose first bytes, the preface, were read before it came here: Read and
// WriteTo give them first. Its Close ends the connection for everybody who has a copy of it. Make
// one with Make. Its methods are safe for concurrent use as those of net.Conn are.
//
// All its methods are for those who use a connection: a type that embeds it has them. What an owner
// does with the preface is in functions, so that no type assertion reaches it.
type Conn struct {
	netConn // a *net.TCPConn or *net.UnixConn

	mu      sync.Mutex
	preface []byte
}

// Make returns a connection of conn, a *net.TCPConn or *net.UnixConn, behind its preface, which it
// keeps and does not change. It is a value, so that a connection which has one as a field costs one
// allocation; it must not be copied once it is used.
func Make(conn net.Conn, preface []byte) Conn { return Conn{netConn: conn, preface: preface} }

// Socket returns the *net.TCPConn or *net.UnixConn of c, which does not carry the preface.
func Socket(c *Conn) net.Conn { return c.netConn }

// Unread returns what is left of the preface of c; the caller must not change it.
func Unread(c *Conn) []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.preface[:len(c.preface):len(c.preface)]
}

// Read implements net.Conn. The preface comes first.
func (c *Conn) Read(b []byte) (int, error) {
	c.mu.Lock()
	if len(c.preface) > 0 {
		defer c.mu.Unlock()
		n := copy(b, c.preface)
		c.preface = c.preface[n:]
		return n, nil
	}
	c.mu.Unlock()
	return c.netConn.Read(b)
}

// WriteTo implements io.WriterTo, by splice where the system can. The preface comes first.
func (c *Conn) WriteTo(w io.Writer) (int64, error) {
	c.mu.Lock()
	preface := c.preface
	c.preface = nil
	c.mu.Unlock()
	var n int
	if len(preface) > 0 {
		var err error
		if n, err = w.Write(preface); err != nil {
			c.mu.Lock()
			c.preface = preface[n:]
			c.mu.Unlock()
			return int64(n), err
		}
	}
	m, err := io.Copy(w, c.netConn)
	return int64(n) + m, err
}

// ReadFrom implements io.ReaderFrom, by sendfile or splice where the system can.
func (c *Conn) ReadFrom(r io.Reader) (int64, error) { return io.Copy(c.netConn, r) }

// CloseRead shuts down the reading side, for all that have a copy of the connection.
func (c *Conn) CloseRead() error { return c.netConn.(interface{ CloseRead() error }).CloseRead() }

// CloseWrite shuts down the writing side: the client reads the end of the stream.
func (c *Conn) CloseWrite() error { return c.netConn.(interface{ CloseWrite() error }).CloseWrite() }

// SyscallConn implements syscall.Conn. The descriptor does not carry the preface: see Unread.
//
// What package net returns is wrapped, so that it has the methods of syscall.RawConn only. It also has
// PollFD, by which os.File.ReadFrom splices from the socket to a file and never calls Read:
// io.CopyN(file, conn, n) would copy the bytes behind the preface in place of the preface.
func (c *Conn) SyscallConn() (syscall.RawConn, error) {
	raw, err := c.raw()
	if err != nil {
		return nil, err
	}
	return struct{ syscall.RawConn }{raw}, nil
}

// raw is SyscallConn as package net has it, for use in this package.
func (c *Conn) raw() (syscall.RawConn, error) { return c.netConn.(syscall.Conn).SyscallConn() }

// Close implements net.Conn. It shuts the connection down before it closes it. To close would end
// only this copy: while a stuck process holds another, the client would wait for ever.
func (c *Conn) Close() error {
	if raw, err := c.raw(); err == nil {
		_ = raw.Control(shutdownBoth)
	}
	return c.netConn.Close()
}

// shutdownBoth captures nothing, and so allocates nothing: every connection ends by it.
func shutdownBoth(fd uintptr) { _ = fdpass.ShutdownBoth(int(fd)) }

// Detach returns a file of the connection, which the caller closes, and closes c without ending the
// connection. What is left of the preface is lost.
func Detach(c *Conn) (*os.File, error) {
	f, err := c.netConn.(interface{ File() (*os.File, error) }).File()
	if err != nil {
		return nil, err
	}
	if err := c.netConn.Close(); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// Returned is a connection that a handoff gave back to the process that asked for it.
type Returned struct {
	Conn
	Settled bool // no other process has a copy of it
}

// ShutdownBoth ends conn, a *net.TCPConn or *net.UnixConn, for all that hold a copy of it, in both
// directions, without closing this copy.
func ShutdownBoth(conn net.Conn) error {
	raw, err := conn.(syscall.Conn).SyscallConn()
	if err != nil {
		return err
	}
	var inner error
	if err := raw.Control(func(fd uintptr) { inner = fdpass.ShutdownBoth(int(fd)) }); err != nil {
		return err
	}
	return inner
}
