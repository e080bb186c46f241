//go:build linux || darwin

package passing

import (
	"io"
	"time"

	"golang.org/x/sys/unix"
)

// Write sends b, or as much of it as there is room for, on the connection fd, in one
// system call that never waits, whatever the status flags of fd are. The error is
// [ErrWouldBlock] when nothing went, or the system's.
func Write(fd int, b []byte) (n int, err error) {
	err = retry(func() (err error) {
		n, err = unix.SendmsgN(fd, b, nil, nil, sendFlags)
		return err
	})
	if err == unix.EAGAIN {
		err = ErrWouldBlock
	}
	if err != nil {
		return 0, err
	}
	return n, nil
}

// Read receives what can be read from the connection fd without waiting, whatever its
// status flags are. The error is [ErrWouldBlock], [io.EOF], [io.ErrShortBuffer] for an
// empty b, or the system's.
func Read(fd int, b []byte) (n int, err error) {
	if len(b) == 0 {
		return 0, io.ErrShortBuffer
	}
	err = retry(func() (err error) {
		n, _, err = unix.Recvfrom(fd, b, unix.MSG_DONTWAIT)
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

// Close closes the descriptor fd, which no Go connection or file has. Other copies of
// it stay as they are.
func Close(fd int) error { return unix.Close(fd) }

// Ended reports whether the other end of the connection fd sends no more: what can be
// peeked at is all that there will be.
func Ended(fd int) bool { return pollFor(fd, hangup) }

// AwaitHangup waits until the peer has closed its end, which Recv does not tell any more
// after ShutdownRead. It must not overlap Recv. The error is [os.ErrDeadlineExceeded] or
// [net.ErrClosed].
func (l *Link) AwaitHangup(deadline time.Time) error {
	if err := l.SetReadDeadline(deadline); err != nil {
		return err
	}
	return ended(l.raw.Read(func(fd uintptr) bool { return pollFor(int(fd), unix.POLLHUP) }))
}

// pollFor reports whether one of the events has come to fd. POLLHUP and POLLERR come
// unasked.
func pollFor(fd int, events int16) bool {
	polled := []unix.PollFd{{Fd: int32(fd), Events: events &^ (unix.POLLHUP | unix.POLLERR)}}
	var n int
	err := retry(func() (err error) {
		n, err = unix.Poll(polled, 0)
		return err
	})
	return err == nil && n > 0 && polled[0].Revents&(events|unix.POLLNVAL) != 0
}
