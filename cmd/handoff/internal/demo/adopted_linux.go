package demo

import (
	"net"
	"sync"

	"github.com/handoff-go/handoff/cmd/handoff/internal/link"
)

// adopted is a client connection that this process owns.
type adopted struct {
	*net.TCPConn
	offer link.Frame
}

// Close ends the connection before it closes this copy: the broker may not have
// closed its own yet, and the client waits for the end.
func (a *adopted) Close() error {
	_ = a.TCPConn.CloseWrite() // it fails if the client has gone
	return a.TCPConn.Close()
}

// adoptions is a net.Listener whose connections are committed handoffs.
type adoptions struct {
	conns  chan *adopted
	closed chan struct{}
	once   sync.Once
}

func newAdoptions() *adoptions {
	return &adoptions{conns: make(chan *adopted), closed: make(chan struct{})}
}

// add gives c to Accept, or closes it if the listener is closed.
func (l *adoptions) add(c *adopted) {
	select {
	case l.conns <- c:
	case <-l.closed:
		c.Close()
	}
}

func (l *adoptions) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *adoptions) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *adoptions) Addr() net.Addr { return &net.TCPAddr{} }
