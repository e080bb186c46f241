package fdpass

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

const sendFlags = unix.MSG_NOSIGNAL | unix.MSG_DONTWAIT

// disableSIGPIPE does nothing: on Linux sendFlags do it for each call.
func disableSIGPIPE(int) error { return nil }

func peerCredentials(fd int) (Credentials, error) {
	c, err := unix.GetsockoptUcred(fd, unix.SOL_SOCKET, unix.SO_PEERCRED)
	if err != nil {
		return Credentials{}, fmt.Errorf("fdpass: peer credentials: %w", err)
	}
	return Credentials{UID: int(c.Uid), PID: int(c.Pid)}, nil
}

// TimeNamespace returns the device and inode of this process's time namespace. Two processes
// of one kernel with equal pairs read the same [Clock]. The error is the system's: kernels
// before 5.6 have no time namespaces, and /proc may not be mounted.
func TimeNamespace() (dev, ino uint64, err error) {
	var st unix.Stat_t
	if err := retryEINTR(func() error { return unix.Stat("/proc/self/ns/time", &st) }); err != nil {
		return 0, 0, fmt.Errorf("fdpass: time namespace: %w", err)
	}
	return uint64(st.Dev), uint64(st.Ino), nil
}

// accept accepts a connection, close-on-exec and non-blocking.
func accept(fd int) (int, unix.Sockaddr, error) {
	return unix.Accept4(fd, unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK)
}

// recv is recvfrom: it reads no control messages, so it receives no descriptor. It does not
// ask for the peer's address, which unix.Recvfrom allocates for each call.
func recv(fd int, b []byte, flags int) (n int, err error) {
	got, _, errno := unix.Syscall6(unix.SYS_RECVFROM, uintptr(fd), uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)),
		uintptr(flags), 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return int(got), nil
}
