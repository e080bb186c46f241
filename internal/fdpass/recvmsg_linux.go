package fdpass

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// message holds the arguments of recvmsg. unix.Recvmsg also asks for the peer's address, and
// allocates it for each read.
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
