//go:build linux || darwin

package fdpass

import (
	"errors"
	"fmt"
	"net"
	"os"

	"golang.org/x/sys/unix"
)

// NetConn makes fd a connection of package net, a *net.TCPConn or *net.UnixConn, whose
// descriptor may have another number. It closes fd, so that there is still one copy.
//
// With an error fd is unchanged, and the caller's: this process has no room for the two
// copies that NetConn makes meanwhile (EMFILE), or fd is not a connected socket. A
// blocking fd becomes non-blocking; no other file status flag changes.
func NetConn(fd int) (net.Conn, error) {
	// The os.File gets a copy: Close of the file must not close fd when FileConn fails.
	duplicate, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, os.NewSyscallError("fcntl", err)
	}
	f := os.NewFile(uintptr(duplicate), "")
	c, err := net.FileConn(f)
	f.Close()
	if err != nil {
		return nil, err
	}
	switch c.(type) {
	case *net.TCPConn, *net.UnixConn:
		unix.Close(fd)
		return c, nil
	}
	c.Close()
	return nil, fmt.Errorf("fdpass: %T is not a TCP or Unix connection: %w", c, errors.ErrUnsupported)
}

// ShutdownBoth shuts the connection fd down in both directions, for all processes that
// have a copy of it (TestShutdownBothEndsEveryCopy). It returns nil for a connection that
// has ended already. fd stays open.
func ShutdownBoth(fd int) error {
	err := retryEINTR(func() error { return unix.Shutdown(fd, unix.SHUT_RDWR) })
	if err == unix.ENOTCONN {
		return nil
	}
	return err
}

// SetNonblock sets O_NONBLOCK on fd. All copies of fd, in other processes too, share the
// flag, and any of them may have cleared it; reads and writes of a Go connection on a
// blocking descriptor ignore their deadlines (TestSetNonblockUndoesAnotherProcess).
func SetNonblock(fd int) error {
	return retryEINTR(func() error { return unix.SetNonblock(fd, true) })
}

// SetBlocking clears O_NONBLOCK on fd, and so on all its copies. Before anybody here reads from fd or
// writes to it again, SetNonblock must set it.
func SetBlocking(fd int) error {
	return retryEINTR(func() error { return unix.SetNonblock(fd, false) })
}

// PeerClosed reports whether the other end of the connection fd has closed it or shut its
// write side down: what Peek returns then is all that will ever come. On darwin it reports
// only that both directions are closed.
func PeerClosed(fd int) bool { return hasEvent(fd, peerClosedEvent) }

// hasEvent polls fd without waiting, and reports whether one of the events is set, or fd
// is not open. Poll reports POLLHUP and POLLERR without being asked.
func hasEvent(fd int, events int16) bool {
	fds := []unix.PollFd{{Fd: int32(fd), Events: events &^ (unix.POLLHUP | unix.POLLERR)}}
	err := retryEINTR(func() error {
		_, err := unix.Poll(fds, 0)
		return err
	})
	return err == nil && fds[0].Revents&(events|unix.POLLNVAL) != 0
}

// Close closes fd. It does not shut the connection down: other copies stay usable. Do not
// call it again after an error: even then the number may belong to another descriptor as
// soon as Close returns (close(2)). EBADF means that fd was not open, a mistake of the
// caller.
func Close(fd int) error {
	if err := unix.Close(fd); err != unix.EINTR {
		return err
	}
	return nil
}

// retryEINTR calls f until no signal interrupts it.
func retryEINTR(f func() error) error {
	for {
		if err := f(); err != unix.EINTR {
			return err
		}
	}
}
