//go:build linux || darwin

package fdpass

import (
	"io"

	"golang.org/x/sys/unix"
)

// Peek copies to b what can be read from fd without waiting, and leaves it there.
// The error is [ErrWouldBlock] when there is nothing yet, [io.EOF] when there will
// be nothing, [io.ErrShortBuffer] for an empty b, or the system's.
func Peek(fd int, b []byte) (n int, err error) { return read(fd, b, unix.MSG_PEEK) }

// TryRead is Peek that takes what it read. Like it, it does not wait, whatever the
// status flags of fd are.
func TryRead(fd int, b []byte) (n int, err error) { return read(fd, b, 0) }

func read(fd int, b []byte, flags int) (n int, err error) {
	if len(b) == 0 {
		return 0, io.ErrShortBuffer
	}
	err = retry(func() (err error) {
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

// TryWrite sends b, or as much of it as there is room for, in one system call that
// never waits, whatever the status flags of fd are. With n == 0 the error is
// [ErrWouldBlock] or the system's, unless b is empty.
func TryWrite(fd int, b []byte) (n int, err error) {
	if len(b) == 0 {
		return 0, nil
	}
	return sendmsg(fd, b, nil)
}

// Close closes fd, whatever the error: its number may be another descriptor's as
// soon as this returns. It shuts nothing down, so other copies live on. EBADF says
// that fd was not open, which is a mistake of the caller.
func Close(fd int) error {
	if err := unix.Close(fd); err != unix.EINTR {
		return err
	}
	return nil
}

// PeerClosed reports whether the other end of the connection fd sends no more: what can
// be peeked at is all that there will be.
func PeerClosed(fd int) bool { return polled(fd, hangup) }

// polled reports whether one of the events has come to fd, or fd is not open.
// POLLHUP and POLLERR come unasked.
func polled(fd int, events int16) bool {
	fds := []unix.PollFd{{Fd: int32(fd), Events: events &^ (unix.POLLHUP | unix.POLLERR)}}
	err := retry(func() error {
		_, err := unix.Poll(fds, 0)
		return err
	})
	return err == nil && fds[0].Revents&(events|unix.POLLNVAL) != 0
}
