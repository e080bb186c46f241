//go:build linux || darwin

package fdpass

import (
	"io"

	"golang.org/x/sys/unix"
)

// Peek copies the bytes that fd can read without waiting to b, and leaves them to be read.
// The error is [ErrWouldBlock] if there are none yet, [io.EOF] if there will be none,
// [io.ErrShortBuffer] for an empty b, or the system's. Descriptors are not received.
func Peek(fd int, b []byte) (n int, err error) { return recvNow(fd, b, unix.MSG_PEEK) }

// TryRead reads what fd can read without waiting. Its errors are those of Peek. Neither
// waits even if fd is blocking.
func TryRead(fd int, b []byte) (n int, err error) { return recvNow(fd, b, 0) }

func recvNow(fd int, b []byte, flags int) (n int, err error) {
	if len(b) == 0 {
		return 0, io.ErrShortBuffer
	}
	err = retryEINTR(func() (err error) {
		n, err = recv(fd, b, flags|unix.MSG_DONTWAIT)
		return err
	})
	switch {
	case err == unix.EAGAIN:
		return 0, ErrWouldBlock
	case err != nil:
		return 0, err
	case n == 0:
		return 0, io.EOF
	}
	return n, nil
}

// TryWrite writes b, or as much of it as there is room for, in one system call that does
// not wait even if fd is blocking. For n == 0 and a b that is not empty the error is
// [ErrWouldBlock] or the system's.
func TryWrite(fd int, b []byte) (n int, err error) {
	if len(b) == 0 {
		return 0, nil
	}
	return sendNow(fd, b, nil)
}

// sendNow makes one sendmsg that does not wait, with the control message oob, if any.
func sendNow(fd int, b, oob []byte) (n int, err error) {
	for {
		n, err = unix.SendmsgN(fd, b, oob, nil, sendFlags)
		switch err {
		case unix.EINTR:
			continue
		case unix.EAGAIN:
			return 0, ErrWouldBlock
		}
		return n, err
	}
}
