//go:build linux || darwin

package fdpass

import (
	"encoding/binary"
	"time"

	"golang.org/x/sys/unix"
)

// TrySend writes b, or as much of it as there is room for, in one system call that
// never waits. With fd >= 0 a copy of that descriptor rides on the first byte; it
// went if n > 0, and what is left of b is then sent with fd -1. The caller keeps
// fd, and must keep it open during the call.
//
// An n below len(b) with a nil error is normal. With n == 0 nothing went, and the
// error is [ErrWouldBlock] (no room, or a SendAll is under way), [net.ErrClosed],
// EINVAL for an empty b, or the system's as it is: EPIPE and ECONNRESET (the peer
// reads no more; it may have written, so a failed send is not the end of the link),
// ETOOMANYREFS (too many descriptors are under way), EBADF (fd is not open).
func (l *Link) TrySend(b []byte, fd int) (n int, err error) {
	if !l.writing.TryLock() {
		return 0, ErrWouldBlock
	}
	defer l.writing.Unlock()
	return l.sendNow(b, fd)
}

// SendAll writes all of b, fd on its first byte as TrySend does. It waits for room
// until deadline, which is for the whole; the zero time means for ever, and one in
// the past not at all. Behind another SendAll it waits for that one first.
//
// n bytes went, all if the error is nil. Otherwise it is [os.ErrDeadlineExceeded],
// or one of TrySend's, and after 0 < n < len(b) the stream holds a part of a frame.
func (l *Link) SendAll(b []byte, fd int, deadline time.Time) (n int, err error) {
	l.writing.Lock()
	defer l.writing.Unlock()
	n, err = l.sendNow(b, fd)
	if n == len(b) || (err != nil && err != ErrWouldBlock) {
		return n, err
	}
	if n > 0 {
		fd = -1
	}
	if err := l.conn.SetWriteDeadline(deadline); err != nil {
		return n, ended(err)
	}
	l.out.set(b[n:], fd)
	err = l.raw.Write(l.out.all)
	m, inner := l.out.done()
	if err != nil {
		return n + m, ended(err)
	}
	return n + m, inner
}

// sendNow makes one system call. The caller holds writing.
func (l *Link) sendNow(b []byte, fd int) (n int, err error) {
	if len(b) == 0 {
		return 0, unix.EINVAL
	}
	l.out.set(b, fd)
	err = l.raw.Control(l.out.once)
	n, inner := l.out.done()
	if err != nil {
		return 0, ended(err)
	}
	return n, inner
}

// send is one write under way. It is kept and used again, its functions too: made
// anew each time, they would be garbage.
type send struct {
	once func(uintptr)      // one system call
	all  func(uintptr) bool // until b is gone or would block

	b   []byte
	fd  int
	n   int // of b, gone
	err error

	rights []byte // the control message for one descriptor
}

func (s *send) init() {
	s.rights = unix.UnixRights(-1)
	s.once = func(fd uintptr) { s.step(int(fd)) }
	s.all = func(fd uintptr) bool {
		for s.n < len(s.b) && s.err == nil {
			s.step(int(fd))
		}
		if s.err != ErrWouldBlock {
			return true
		}
		s.err = nil
		return false
	}
}

func (s *send) set(b []byte, fd int) { s.b, s.fd, s.n, s.err = b, fd, 0, nil }

// done returns the result and lets go of the caller's bytes.
func (s *send) done() (int, error) {
	n, err := s.n, s.err
	s.b, s.n, s.err = nil, 0, nil
	return n, err
}

// step writes once. The descriptor rides on the first byte that goes, once.
func (s *send) step(to int) {
	var oob []byte
	if s.fd >= 0 && s.n == 0 {
		oob = s.rights
		binary.NativeEndian.PutUint32(oob[unix.CmsgLen(0):], uint32(s.fd))
	}
	n, err := sendmsg(to, s.b[s.n:], oob)
	s.n += n
	s.err = err
}

// sendmsg makes one system call that does not wait.
func sendmsg(fd int, b, oob []byte) (n int, err error) {
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
