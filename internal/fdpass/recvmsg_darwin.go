package fdpass

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// message stands for the arguments of recvmsg, which darwin needs none of between calls.
type message struct{}

// receive makes one recvmsg and sets close-on-exec on the received descriptors. It holds
// ForkLock, so that no child process inherits them in between.
func (*message) receive(fd int, b, control []byte) (n, oobn int, truncated bool, err error) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	n, oobn, flags, _, err := unix.Recvmsg(fd, b, control, unix.MSG_DONTWAIT)
	if err != nil {
		return 0, 0, false, err
	}
	r := receiver{}
	r.parseRights(control[:oobn])
	for _, fd := range r.got.FDs {
		unix.CloseOnExec(fd)
	}
	return n, oobn, flags&unix.MSG_CTRUNC != 0, nil
}
