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

// Link is one end of a control connection: a stream of bytes, some of which carry a
// descriptor.
//
// The zero Link is not usable and a Link must not be copied. Its methods are safe for
// concurrent use, but a stream has an order: let one goroutine write and one read, or
// frames and descriptors are interleaved. Only Recv, SendAll and AwaitHangup wait.
type Link struct {
	conn   *net.UnixConn
	raw    syscall.RawConn
	ledger *Ledger

	idleReceiver atomic.Pointer[receiver] // of the last read, reused so that a read allocates nothing

	sendMu sync.Mutex // locked for a whole SendAll, so that no TrySend writes between its bytes
	sender sender     // guarded by sendMu
}

// NewLink returns the link over c, which must be a connected stream socket. From then on c
// belongs to the link. Descriptors that arrive are counted in l, unless l is nil; the
// link's own descriptor is not. With an error, [net.ErrClosed] or the system's, c stays
// the caller's.
func NewLink(c *net.UnixConn, l *Ledger) (*Link, error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return nil, plainError(err)
	}
	if err := control(raw, disableSIGPIPE); err != nil {
		return nil, err
	}
	link := &Link{conn: c, raw: raw, ledger: l}
	link.sender.init()
	return link, nil
}

// SetReadDeadline sets when Recv stops waiting, also a Recv that waits already. The zero
// time means never. TryRecv ignores it. The error is [net.ErrClosed].
func (l *Link) SetReadDeadline(t time.Time) error { return plainError(l.conn.SetReadDeadline(t)) }

// ShutdownRead makes every later send of the peer fail. What had arrived can still be read,
// up to the end of file, and this end can still send (TestShutdownReadFailsThePeersSends).
// ShutdownRead does not wait. A SendAll of the peer that waits for room keeps waiting: it
// fails once this end has read the queue, or is closed
// (TestShutdownReadDoesNotWakeTheWaitingPeer).
func (l *Link) ShutdownRead() error {
	err := l.conn.CloseRead()
	if errors.Is(err, unix.ENOTCONN) {
		return nil // the peer is gone, so it sends nothing
	}
	return plainError(err)
}

// AwaitHangup waits until both directions are closed. After ShutdownRead, which makes Recv
// return io.EOF whatever the peer does, this shows that the peer has closed its end or died
// (TestAwaitHangupAfterShutdownRead). A peer that only shuts its reading down looks the
// same, so it must not do that while it has a copy of a connection.
//
// AwaitHangup reads nothing. It must not overlap Recv, and sets the read deadline. The
// error is [os.ErrDeadlineExceeded] or [net.ErrClosed].
func (l *Link) AwaitHangup(deadline time.Time) error {
	if err := l.SetReadDeadline(deadline); err != nil {
		return err
	}
	return plainError(l.raw.Read(func(fd uintptr) bool { return hasEvent(int(fd), unix.POLLHUP) }))
}

// PeerCredentials returns the credentials of the process that made the other end.
func (l *Link) PeerCredentials() (c Credentials, err error) {
	err = control(l.raw, func(fd int) (err error) {
		c, err = peerCredentials(fd)
		return err
	})
	return c, err
}

// Close closes this end. Calls that wait, and all later ones, Close included, return
// [net.ErrClosed]. The kernel closes the descriptors that were not read; those that were
// stay open.
func (l *Link) Close() error { return plainError(l.conn.Close()) }

// control calls f with the descriptor of c, which stays open during the call.
func control(c syscall.RawConn, f func(fd int) error) error {
	var inner error
	if err := c.Control(func(fd uintptr) { inner = f(int(fd)) }); err != nil {
		return plainError(err)
	}
	return inner
}

// plainError unwraps the two errors of package net that callers compare with ==.
func plainError(err error) error {
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
