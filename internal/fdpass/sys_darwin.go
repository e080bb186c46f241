package fdpass

import (
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"
)

// sendFlags: darwin has no MSG_NOSIGNAL, so disableSIGPIPE sets SO_NOSIGPIPE on the socket.
const sendFlags = unix.MSG_DONTWAIT

func disableSIGPIPE(fd int) error {
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_NOSIGPIPE, 1); err != nil {
		return fmt.Errorf("fdpass: SO_NOSIGPIPE: %w", err)
	}
	return nil
}

func peerCredentials(fd int) (Credentials, error) {
	c, err := unix.GetsockoptXucred(fd, unix.SOL_LOCAL, unix.LOCAL_PEERCRED)
	if err != nil {
		return Credentials{}, fmt.Errorf("fdpass: peer credentials: %w", err)
	}
	pid, err := unix.GetsockoptInt(fd, unix.SOL_LOCAL, unix.LOCAL_PEERPID)
	if err != nil {
		return Credentials{}, fmt.Errorf("fdpass: peer process: %w", err)
	}
	return Credentials{UID: int(c.Uid), PID: pid}, nil
}

// TimeNamespace returns [ErrUnsupported]: darwin has no time namespaces, so there is no lease
// either.
func TimeNamespace() (dev, ino uint64, err error) { return 0, 0, ErrUnsupported }

// accept accepts a connection, close-on-exec and non-blocking.
func accept(fd int) (int, unix.Sockaddr, error) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	conn, from, err := unix.Accept(fd)
	if err != nil {
		return -1, nil, err
	}
	unix.CloseOnExec(conn)
	if err := unix.SetNonblock(conn, true); err != nil {
		unix.Close(conn)
		return -1, nil, err
	}
	return conn, from, nil
}

// recv is recvfrom without the peer's address.
func recv(fd int, b []byte, flags int) (n int, err error) {
	n, _, err = unix.Recvfrom(fd, b, flags)
	return n, err
}
