//go:build linux || darwin

package fdpass

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// Clock returns the kernel's monotonic clock in nanoseconds: the one instant that
// two processes can compare, within one time namespace. It only grows, and two
// readings may be equal.
func Clock() (int64, error) {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &now); err != nil {
		return 0, fmt.Errorf("fdpass: monotonic clock: %w", err)
	}
	return now.Nano(), nil
}

// ShutdownBoth ends the connection behind fd for all that hold a copy of it, in both
// directions. A connection that had ended already is no error. fd stays open.
func ShutdownBoth(fd int) error {
	err := retry(func() error { return unix.Shutdown(fd, unix.SHUT_RDWR) })
	if err == unix.ENOTCONN {
		return nil
	}
	return err
}

// SetNonblock makes reads and writes of fd not block. The setting is shared by all
// copies of it, in other processes too, and any of them may have cleared it; a Go
// connection that blocks does not obey its deadlines.
func SetNonblock(fd int) error {
	return retry(func() error { return unix.SetNonblock(fd, true) })
}

// Accept waits for the next connection to a listening socket and returns it raw:
// close-on-exec, not blocking, unknown to Go's poller, and the caller's to count
// and close. addr is a *net.TCPAddr or *net.UnixAddr.
//
// rc is not that of a net.Listener, which refuses to wait: [ListenerFile] has one that
// does. The error is [net.ErrClosed] or [os.ErrDeadlineExceeded], by the owner of
// rc, or the system's, EMFILE above all, after which rc can still accept.
func Accept(rc syscall.RawConn) (fd int, addr net.Addr, err error) {
	var from unix.Sockaddr
	var inner error
	err = rc.Read(func(listener uintptr) bool {
		for {
			fd, from, inner = accept(int(listener))
			// A connection that its client has given up is not the listener's trouble.
			if inner != unix.EINTR && inner != unix.ECONNABORTED {
				return inner != unix.EAGAIN
			}
		}
	})
	if err = ended(err); err != nil {
		// The copy of a Listener, a file, says so by an error that has no name.
		if err != os.ErrDeadlineExceeded && rc.Control(func(uintptr) {}) != nil {
			err = net.ErrClosed
		}
		return -1, nil, err
	}
	if inner != nil {
		return -1, nil, inner
	}
	return fd, address(from), nil
}

// ListenerFile returns a copy of l's descriptor, whose SyscallConn [Accept] takes. Both
// are one socket, and both must be closed: while the copy is open, clients still
// connect. The closing of the copy is what ends an Accept on it. l must be a
// *net.TCPListener or a *net.UnixListener.
func ListenerFile(l net.Listener) (*os.File, error) {
	f, ok := l.(interface{ File() (*os.File, error) })
	if !ok {
		return nil, fmt.Errorf("fdpass: %T has no descriptor: %w", l, errors.ErrUnsupported)
	}
	return f.File()
}

// NetConn makes fd a connection of package net, a *net.TCPConn or *net.UnixConn,
// which may have another number. fd is closed, so that there is still one copy.
//
// With an error fd stays as it was, and the caller's: there is no room for the two
// copies that exist meanwhile (EMFILE), or fd is not connected. No file status flag
// is changed, except that a blocking fd becomes non-blocking.
func NetConn(fd int) (net.Conn, error) {
	// An os.File would close fd when it cannot be adopted, so it gets a copy.
	spare, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, os.NewSyscallError("fcntl", err)
	}
	f := os.NewFile(uintptr(spare), "")
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
	return nil, fmt.Errorf("fdpass: a connection is expected, not %T: %w", c, errors.ErrUnsupported)
}

// address returns the address of package net, nil if it has none.
func address(from unix.Sockaddr) net.Addr {
	switch from := from.(type) {
	case *unix.SockaddrInet4:
		return &net.TCPAddr{IP: from.Addr[:], Port: from.Port}
	case *unix.SockaddrInet6:
		return &net.TCPAddr{IP: from.Addr[:], Port: from.Port, Zone: zone(from.ZoneId)}
	case *unix.SockaddrUnix:
		return &net.UnixAddr{Name: from.Name, Net: "unix"}
	}
	return nil
}

func zone(id uint32) string {
	if id == 0 {
		return ""
	}
	if ifc, err := net.InterfaceByIndex(int(id)); err == nil {
		return ifc.Name
	}
	return strconv.Itoa(int(id))
}

// retry calls f again as long as a signal interrupts it.
func retry(f func() error) error {
	for {
		if err := f(); err != unix.EINTR {
			return err
		}
	}
}
