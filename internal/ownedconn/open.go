package ownedconn

import (
	"log/slog"
	"net"
	"time"

	"github.com/handoff-go/handoff/internal/fdpass"
)

// longestPause is the longest pause between two tries of Open.
const longestPause = 100 * time.Millisecond

// Open makes fd, of a connection that this process owns, a *net.TCPConn or *net.UnixConn. There must
// be room for two more descriptors meanwhile. If there is not, Open waits for it until stop is
// closed, as an accept loop does: the connection is acknowledged, so its client counts on it, and
// nobody else would serve it. With an error fd stays as it was.
func Open(fd int, stop <-chan struct{}, log *slog.Logger) (net.Conn, error) {
	wait := fdpass.Backoff{Most: longestPause}
	for {
		conn, err := fdpass.NetConn(fd)
		if err == nil || !fdpass.IsShortage(err) {
			return conn, err
		}
		log.Warn("connection waits for a descriptor", "error", err)
		if !wait.Sleep(stop) {
			return nil, err
		}
	}
}
