package broker

import (
	"net"
	"sync"

	"github.com/handoff-go/handoff/internal/fdpass"
)

// returnedConn is a connection that Handoff gave back: its preface is read again, and its
// Close ends it for whoever may still have a copy.
type returnedConn struct {
	net.Conn // a *net.TCPConn or *net.UnixConn
	settled  bool

	mu      sync.Mutex
	preface []byte
}

// Read reads the preface first.
func (c *returnedConn) Read(b []byte) (int, error) {
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

// CloseWrite ends the direction to the client.
func (c *returnedConn) CloseWrite() error {
	return c.Conn.(interface{ CloseWrite() error }).CloseWrite()
}

// Close shuts the connection down, which ends every copy, and closes it.
func (c *returnedConn) Close() error {
	if raw, err := rawOf(c.Conn); err == nil {
		_ = raw.Control(func(fd uintptr) { _ = fdpass.ShutdownBoth(int(fd)) })
	}
	return c.Conn.Close()
}
