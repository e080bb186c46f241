package compat

import (
	"net"
	"os"

	"github.com/handoff-go/handoff/backend"
	"github.com/handoff-go/handoff/internal/ownedconn"
)

// owned is embedded for its methods, those of net.Conn and what servers look for.
type owned = ownedconn.Conn

// Conn is a connection that was handed over in the older form. Like a [backend.Conn] it keeps what
// servers look for in a *net.TCPConn, its Close shuts the connection down before it closes it, and its
// methods are safe for concurrent use as those of net.Conn are. The zero Conn is not usable.
type Conn struct {
	owned
	info backend.Info
}

func newConn(conn net.Conn, preface []byte, info backend.Info) *Conn {
	return &Conn{owned: ownedconn.Make(conn, preface), info: info}
}

// Info returns what the broker told about the connection. A broker of running-process 4.5.5 tells
// only the service.
func (c *Conn) Info() backend.Info { return c.info }

// Detach takes the connection out of this package, as [backend.Conn.Detach] does: it returns a file
// of it, which the caller closes, and closes c without ending the connection. While some of what the
// broker had read is not read here, it returns backend.ErrPrefaceLeft, and c stays as it is.
func (c *Conn) Detach() (*os.File, error) {
	if len(ownedconn.Unread(&c.owned)) > 0 {
		return nil, backend.ErrPrefaceLeft
	}
	return ownedconn.Detach(&c.owned)
}
