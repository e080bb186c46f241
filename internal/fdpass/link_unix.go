//go:build linux || darwin

package fdpass

import (
	"errors"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Link is one end of a control connection: a stream of bytes, some of which
// carry a descriptor.
//
// The zero Link is not usable and a Link must not be copied. All methods are safe
// for concurrent use, but a stream has an order: one goroutine should write and
// one should read, or frames and descriptors go to whoever comes first. Only Recv,
// SendAll and AwaitHangup wait.
type Link struct {
	conn   *net.UnixConn
	raw    syscall.RawConn
	ledger *Ledger

	spare atomic.Pointer[receive] // kept from the last read, so that the next one allocates nothing

	writing sync.Mutex // held for a whole SendAll, so that no TrySend writes between its bytes
	out     send       // under writing
}

// NewLink returns the link over c, which must be a connected stream socket and
// belongs to the link from then on: use it for nothing else. Descriptors that
// arrive are counted in l, if it is not nil; the link's own is not.
// The error is [net.ErrClosed] or the system's; c then stays the caller's.
func NewLink(c *net.UnixConn, l *Ledger) (*Link, error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return nil, ended(err)
	}
	if err := control(raw, prepare); err != nil {
		return nil, err
	}
	link := &Link{conn: c, raw: raw, ledger: l}
	link.out.init()
	return link, nil
}

// SetReadDeadline sets when Recv stops waiting: those that wait now, too. The
// zero time means never. TryRecv does not care. The error is [net.ErrClosed].
func (l *Link) SetReadDeadline(t time.Time) error { return ended(l.conn.SetReadDeadline(t)) }

// ShutdownRead makes every later send of the peer fail. What had arrived stays to
// be read, up to the end of file, and this end can still send. It does not wait.
// A SendAll of the peer that waits for room is not woken by it: that one fails when
// the queue has been read, or this end is closed.
func (l *Link) ShutdownRead() error {
	err := l.conn.CloseRead()
	if errors.Is(err, unix.ENOTCONN) {
		return nil // the peer is gone, so it sends nothing
	}
	return ended(err)
}

// AwaitHangup waits until both directions are over: after ShutdownRead, when Recv no
// longer shows it, that the peer has closed its end, or died. (A peer that shuts down
// its reading looks the same, so it must not do that while it holds a connection.)
// What was not read stays unread. It must not overlap Recv, and sets its deadline.
// The error is [os.ErrDeadlineExceeded] or [net.ErrClosed].
func (l *Link) AwaitHangup(deadline time.Time) error {
	if err := l.SetReadDeadline(deadline); err != nil {
		return err
	}
	return ended(l.raw.Read(func(fd uintptr) bool { return polled(int(fd), unix.POLLHUP) }))
}

// PeerCredentials returns who made the other end.
func (l *Link) PeerCredentials() (c Credentials, err error) {
	err = control(l.raw, func(fd int) (err error) {
		c, err = peerCredentials(fd)
		return err
	})
	return c, err
}

// Close closes this end. Calls that wait return [net.ErrClosed], and so does
// everything after it, Close too. Descriptors that nobody has read are gone with
// it; those that were read are not touched.
func (l *Link) Close() error { return ended(l.conn.Close()) }

// control calls f with the descriptor of c, which stays open meanwhile.
func control(c syscall.RawConn, f func(fd int) error) error {
	var inner error
	if err := c.Control(func(fd uintptr) { inner = f(int(fd)) }); err != nil {
		return ended(err)
	}
	return inner
}

// ended gives the errors of package net that callers act upon their plain form.
func ended(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, net.ErrClosed):
		return net.ErrClosed
	case errors.Is(err, os.ErrDeadlineExceeded):
		return os.ErrDeadlineExceeded
	}
	return err
}
