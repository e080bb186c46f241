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

// Accept waits for the next connection of a listening socket and returns its descriptor:
// close-on-exec, non-blocking, and not registered with Go's poller. The caller must count
// and close it. addr is a *net.TCPAddr or *net.UnixAddr.
//
// rc is the SyscallConn of a [ListenerFile]: that of a net.Listener returns EINVAL instead
// of waiting (TestAcceptNeedsAListenerFile). The error is [net.ErrClosed] or
// [os.ErrDeadlineExceeded], if the owner of rc closed it or set a deadline, or the
// system's, such as EMFILE, after which rc can still accept.
func Accept(rc syscall.RawConn) (fd int, addr net.Addr, err error) {
	var from unix.Sockaddr
	var inner error
	err = rc.Read(func(listener uintptr) bool {
		for {
			fd, from, inner = accept(int(listener))
			// ECONNABORTED: a client has given its connection up. The listener is fine.
			if inner != unix.EINTR && inner != unix.ECONNABORTED {
				return inner != unix.EAGAIN
			}
		}
	})
	if err = plainError(err); err != nil {
		// The read of a closed os.File fails with an error that package os does not
		// export. Control fails, too, once the file is closed, and only then.
		if err != os.ErrDeadlineExceeded && rc.Control(func(uintptr) {}) != nil {
			err = net.ErrClosed
		}
		return -1, nil, err
	}
	if inner != nil {
		return -1, nil, inner
	}
	return fd, netAddr(from), nil
}

// ListenerFile returns a file with a copy of l's descriptor; pass its SyscallConn to
// [Accept]. Both are one socket, and both must be closed: clients can connect as long as
// either is open. Closing the file ends an Accept on it. l must be a *net.TCPListener or
// a *net.UnixListener.
func ListenerFile(l net.Listener) (*os.File, error) {
	f, ok := l.(interface{ File() (*os.File, error) })
	if !ok {
		return nil, fmt.Errorf("fdpass: %T has no descriptor: %w", l, errors.ErrUnsupported)
	}
	return f.File()
}

// netAddr returns the address as package net has it; nil: it has no such type.
func netAddr(from unix.Sockaddr) net.Addr {
	switch from := from.(type) {
	case *unix.SockaddrInet4:
		return &net.TCPAddr{IP: from.Addr[:], Port: from.Port}
	case *unix.SockaddrInet6:
		return &net.TCPAddr{IP: from.Addr[:], Port: from.Port, Zone: zoneName(from.ZoneId)}
	case *unix.SockaddrUnix:
		return &net.UnixAddr{Name: from.Name, Net: "unix"}
	}
	return nil
}

func zoneName(id uint32) string {
	if id == 0 {
		return ""
	}
	if ifc, err := net.InterfaceByIndex(int(id)); err == nil {
		return ifc.Name
	}
	return strconv.Itoa(int(id))
}
