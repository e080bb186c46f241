//go:build linux || darwin

package fdpass

import (
	"encoding/binary"
	"time"

	"golang.org/x/sys/unix"
)

// TrySend writes b, or as much of it as there is room for, in one system call that never
// waits. With fd >= 0 the first byte carries a copy of that descriptor: it was sent if
// n > 0, and the rest of b must then be sent with fd -1. fd stays the caller's, who must
// keep it open during the call.
//
// n < len(b) with a nil error is normal. For n == 0 nothing was sent, and the error is
// [ErrWouldBlock] (no room, or a SendAll is in progress), [net.ErrClosed], EINVAL for an
// empty b, or the system's unchanged: EPIPE and ECONNRESET (the peer reads no more, but
// what it wrote before may be unread, so a failed send is not the end of the link),
// ETOOMANYREFS (too many descriptors are in flight), EBADF (fd is not open).
func (l *Link) TrySend(b []byte, fd int) (n int, err error) {
	if !l.sendMu.TryLock() {
		return 0, ErrWouldBlock
	}
	defer l.sendMu.Unlock()
	return l.trySendLocked(b, fd)
}

// SendAll writes all of b, with fd as TrySend does. It waits for room until deadline, which
// bounds the whole call; the zero time means for ever, and one in the past not at all. It
// waits without a bound while another SendAll is in progress.
//
// It returns the number of bytes sent, len(b) if the error is nil. The error is
// [os.ErrDeadlineExceeded] or one of TrySend's; after 0 < n < len(b) the stream ends in a
// part of a frame.
func (l *Link) SendAll(b []byte, fd int, deadline time.Time) (n int, err error) {
	l.sendMu.Lock()
	defer l.sendMu.Unlock()
	n, err = l.trySendLocked(b, fd)
	if n == len(b) || (err != nil && err != ErrWouldBlock) {
		return n, err
	}
	if n > 0 {
		fd = -1
	}
	if err := l.conn.SetWriteDeadline(deadline); err != nil {
		return n, plainError(err)
	}
	l.sender.set(b[n:], fd)
	err = l.raw.Write(l.sender.sendForWrite)
	m, inner := l.sender.result()
	if err != nil {
		return n + m, plainError(err)
	}
	return n + m, inner
}

func (l *Link) trySendLocked(b []byte, fd int) (n int, err error) {
	if len(b) == 0 {
		return 0, unix.EINVAL
	}
	l.sender.set(b, fd)
	err = l.raw.Control(l.sender.tryForControl)
	n, inner := l.sender.result()
	if err != nil {
		return 0, plainError(err)
	}
	return n, inner
}

// sender is the state of one send. A link reuses it, with its two functions, which a
// RawConn would otherwise make the send allocate.
type sender struct {
	tryForControl func(uintptr)      // one system call
	sendForWrite  func(uintptr) bool // until all of b is sent; false: wait for room, and call again

	b   []byte
	fd  int
	n   int // how many bytes of b were sent
	err error

	rights []byte // the SCM_RIGHTS message of one descriptor
}

func (s *sender) init() {
	s.rights = unix.UnixRights(-1)
	s.tryForControl = func(fd uintptr) { s.try(int(fd)) }
	s.sendForWrite = func(fd uintptr) bool {
		for s.n < len(s.b) && s.err == nil {
			s.try(int(fd))
		}
		if s.err != ErrWouldBlock {
			return true
		}
		s.err = nil
		return false
	}
}

func (s *sender) set(b []byte, fd int) { s.b, s.fd, s.n, s.err = b, fd, 0, nil }

// result returns the result and drops the reference to the caller's bytes.
func (s *sender) result() (int, error) {
	n, err := s.n, s.err
	s.b, s.n, s.err = nil, 0, nil
	return n, err
}

// try makes one system call, with the descriptor as long as no byte was sent.
func (s *sender) try(to int) {
	var oob []byte
	if s.fd >= 0 && s.n == 0 {
		oob = s.rights
		binary.NativeEndian.PutUint32(oob[unix.CmsgLen(0):], uint32(s.fd))
	}
	n, err := sendNow(to, s.b[s.n:], oob)
	s.n += n
	s.err = err
}
