package fdpass

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

const sendFlags = unix.MSG_NOSIGNAL | unix.MSG_DONTWAIT

// prepare readies the socket of a new link. Linux takes what it needs per call.
func prepare(int) error { return nil }

// message is what recvmsg is called with. unix.Recvmsg would ask for the peer's
// address, too, and allocate it for each read.
type message struct {
	header unix.Msghdr
	vector unix.Iovec
}

// receive makes one recvmsg. Neither b nor control may be empty.
func (m *message) receive(fd int, b, control []byte) (n, oobn int, truncated bool, err error) {
	m.vector.Base = &b[0]
	m.vector.SetLen(len(b))
	m.header = unix.Msghdr{Iov: &m.vector, Control: &control[0]}
	m.header.SetIovlen(1)
	m.header.SetControllen(len(control))
	const flags = unix.MSG_DONTWAIT | unix.MSG_CMSG_CLOEXEC
	got, _, errno := unix.Syscall(unix.SYS_RECVMSG, uintptr(fd), uintptr(unsafe.Pointer(&m.header)), flags)
	m.vector.Base = nil
	if errno != 0 {
		return 0, 0, false, errno
	}
	return int(got), int(m.header.Controllen), m.header.Flags&unix.MSG_CTRUNC != 0, nil
}

func peerCredentials(fd int) (Credentials, error) {
	c, err := unix.GetsockoptUcred(fd, unix.SOL_SOCKET, unix.SO_PEERCRED)
	if err != nil {
		return Credentials{}, fmt.Errorf("fdpass: peer credentials: %w", err)
	}
	return Credentials{UID: int(c.Uid), PID: int(c.Pid)}, nil
}

// TimeNamespace returns device and inode of the time namespace of this process.
// Two processes of one kernel whose pairs are equal read the same [Clock].
// The error is the system's: a kernel before 5.6 has none, and /proc may be missing.
func TimeNamespace() (dev, ino uint64, err error) {
	var st unix.Stat_t
	if err := retry(func() error { return unix.Stat("/proc/self/ns/time", &st) }); err != nil {
		return 0, 0, fmt.Errorf("fdpass: time namespace: %w", err)
	}
	return uint64(st.Dev), uint64(st.Ino), nil
}

// accept takes a connection, close-on-exec and not blocking.
func accept(fd int) (int, unix.Sockaddr, error) {
	return unix.Accept4(fd, unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK)
}

// recv reads without control messages, so that no descriptor is received, and
// without the peer's address, which unix.Recvfrom would allocate.
func recv(fd int, b []byte, flags int) (n int, err error) {
	got, _, errno := unix.Syscall6(unix.SYS_RECVFROM, uintptr(fd), uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)),
		uintptr(flags), 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return int(got), nil
}
