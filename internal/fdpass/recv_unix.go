//go:build linux || darwin

package fdpass

import (
	"encoding/binary"
	"io"

	"golang.org/x/sys/unix"
)

// maxRights is at least as many descriptors as one message can carry: 253 on Linux, 512 on
// darwin. With room for all of them the surplus descriptors of a hostile sender are
// received, and can be closed, instead of truncated (TestSurplusDescriptorsAreReceived).
const maxRights = 512

// Recv reads into b. It waits until something arrives, or until the read deadline.
//
// The error is [os.ErrDeadlineExceeded], [net.ErrClosed], [io.ErrShortBuffer] for an empty
// b, the system's, or [io.EOF]: everything that the peer ever sent has been read, and it
// sends no more, because it closed its end or died, or because this end called
// ShutdownRead. With an error nothing was received.
func (l *Link) Recv(b []byte) (Received, error) { return l.receive(b, true) }

// TryRecv is Recv without waiting and without a deadline. [ErrWouldBlock] means that the
// queue was empty at some instant during the call.
func (l *Link) TryRecv(b []byte) (Received, error) { return l.receive(b, false) }

func (l *Link) receive(b []byte, wait bool) (Received, error) {
	if len(b) == 0 {
		return Received{}, io.ErrShortBuffer
	}
	r := l.idleReceiver.Swap(nil)
	if r == nil {
		r = newReceiver()
	}
	r.b, r.err = b, ErrWouldBlock
	var err error
	if wait {
		err = l.raw.Read(r.tryForRead)
	} else {
		err = l.raw.Control(r.tryForControl)
	}
	got, inner := r.got, r.err
	r.b, r.got, r.err = nil, Received{}, nil
	l.idleReceiver.Store(r)
	if err != nil {
		return Received{}, plainError(err)
	}
	for range got.FDs {
		l.ledger.Opened(FromLink)
	}
	return got, inner
}

// receiver is the state of one read. A link reuses it, with its two functions, which a
// RawConn would otherwise make the read allocate.
type receiver struct {
	tryForControl func(uintptr)
	tryForRead    func(uintptr) bool // false: wait until the socket is readable, and call again

	b   []byte
	got Received
	err error

	msg     message
	control []byte
	slots   []int // unused part of the piece from which single-descriptor slices are cut
}

func newReceiver() *receiver {
	r := &receiver{control: make([]byte, unix.CmsgSpace(maxRights*4))}
	r.tryForControl = func(fd uintptr) { r.try(int(fd)) }
	r.tryForRead = func(fd uintptr) bool {
		r.try(int(fd))
		return r.err != ErrWouldBlock
	}
	return r
}

// try reads once.
func (r *receiver) try(from int) {
	for firstReset := true; ; {
		n, oobn, truncated, err := r.msg.receive(from, r.b, r.control)
		switch {
		case err == unix.EINTR:
			continue
		case err == unix.ECONNRESET && firstReset:
			// The peer closed its end before it read all that this end sent. Linux reports
			// that once, after everything that the peer sent was read; the next read
			// returns the end of file (TestEndOfFileComesAfterQueuedData).
			firstReset = false
			continue
		case err == unix.EAGAIN:
			r.err = ErrWouldBlock
			return
		case err != nil:
			r.err = err
			return
		}
		r.got = Received{N: n, Truncated: truncated}
		if oobn > 0 {
			r.parseRights(r.control[:oobn])
		}
		r.err = nil
		if n == 0 && r.got.FDs == nil && !truncated {
			r.err = io.EOF
		}
		return
	}
}

// parseRights collects the descriptors of every SCM_RIGHTS message. Other control messages,
// such as credentials, are skipped.
func (r *receiver) parseRights(control []byte) {
	for len(control) > 0 {
		header, data, rest, err := unix.ParseOneSocketControlMessage(control)
		if err != nil {
			r.got.Truncated = true
			return
		}
		if header.Level == unix.SOL_SOCKET && header.Type == unix.SCM_RIGHTS {
			for ; len(data) >= 4; data = data[4:] {
				r.addFD(int(int32(binary.NativeEndian.Uint32(data))))
			}
		}
		control = rest
	}
}

// addFD appends a descriptor to the result. The caller may keep the slice, so it cannot be
// reused: the slice of a first descriptor is cut from a piece of 64, with capacity 1, and
// most reads allocate nothing.
func (r *receiver) addFD(fd int) {
	if r.got.FDs != nil {
		r.got.FDs = append(r.got.FDs, fd)
		return
	}
	if len(r.slots) == 0 {
		r.slots = make([]int, 64)
	}
	r.got.FDs, r.slots = r.slots[:1:1], r.slots[1:]
	r.got.FDs[0] = fd
}
