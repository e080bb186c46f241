//go:build linux || darwin

package fdpass

import (
	"encoding/binary"
	"io"

	"golang.org/x/sys/unix"
)

// maxRights is more descriptors than one message can hold: Linux allows 253,
// darwin 512. With room for all of them what is sent too much is received, and
// can be closed, instead of being truncated.
const maxRights = 512

// Recv reads into b, waiting until something arrives or the read deadline comes.
//
// The error is [os.ErrDeadlineExceeded], [net.ErrClosed], [io.EOF] when everything
// that the peer ever sent has been read and it sends no more (it closed or died,
// or this end called ShutdownRead), [io.ErrShortBuffer] for an empty b, or the
// system's. With an error nothing was received.
func (l *Link) Recv(b []byte) (Received, error) { return l.receive(b, true) }

// TryRecv is Recv that never waits and knows no deadline: [ErrWouldBlock] says
// that the queue is empty at an instant within the call.
func (l *Link) TryRecv(b []byte) (Received, error) { return l.receive(b, false) }

func (l *Link) receive(b []byte, wait bool) (Received, error) {
	if len(b) == 0 {
		return Received{}, io.ErrShortBuffer
	}
	r := l.spare.Swap(nil)
	if r == nil {
		r = newReceive()
	}
	r.b, r.err = b, ErrWouldBlock
	var err error
	if wait {
		err = l.raw.Read(r.wait)
	} else {
		err = l.raw.Control(r.once)
	}
	got, inner := r.got, r.err
	r.b, r.got, r.err = nil, Received{}, nil
	l.spare.Store(r)
	if err != nil {
		return Received{}, ended(err)
	}
	for range got.FDs {
		l.ledger.Opened(FromLink)
	}
	return got, inner
}

// receive is one read under way. It is kept and used again, as a send is.
type receive struct {
	once func(uintptr)
	wait func(uintptr) bool // false: would block

	b   []byte
	got Received
	err error

	msg     message
	control []byte
	slots   []int // room for descriptors not received yet
}

func newReceive() *receive {
	r := &receive{control: make([]byte, unix.CmsgSpace(maxRights*4))}
	r.once = func(fd uintptr) { r.step(int(fd)) }
	r.wait = func(fd uintptr) bool {
		r.step(int(fd))
		return r.err != ErrWouldBlock
	}
	return r
}

// step reads once.
func (r *receive) step(from int) {
	for again := true; ; {
		n, oobn, truncated, err := r.msg.receive(from, r.b, r.control)
		switch {
		case err == unix.EINTR:
			continue
		case err == unix.ECONNRESET && again:
			// The peer left something of ours unread. Linux says so once, when
			// all that it sent has been read, and then goes on to the end of file.
			again = false
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
			r.rights(r.control[:oobn])
		}
		r.err = nil
		if n == 0 && r.got.FDs == nil && !truncated {
			r.err = io.EOF
		}
		return
	}
}

// rights takes the descriptors out of every control message.
func (r *receive) rights(control []byte) {
	for len(control) > 0 {
		header, data, rest, err := unix.ParseOneSocketControlMessage(control)
		if err != nil {
			r.got.Truncated = true
			return
		}
		if header.Level == unix.SOL_SOCKET && header.Type == unix.SCM_RIGHTS {
			for ; len(data) >= 4; data = data[4:] {
				r.add(int(int32(binary.NativeEndian.Uint32(data))))
			}
		}
		control = rest
	}
}

// add hands out a descriptor. The room for a single one comes from a larger
// piece, each part of it used once, so that the caller may keep what it got and
// most reads allocate nothing.
func (r *receive) add(fd int) {
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
