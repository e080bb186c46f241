package link

import (
	"errors"
	"fmt"
	"net"
	"os"

	"golang.org/x/sys/unix"
)

// Descriptor is a client connection that arrived with an offer. Whoever holds
// one calls Close or Conn, once. It is not usable for anything else before the
// commit, on purpose: options and status flags are shared with the broker.
type Descriptor int

// None is no descriptor.
const None Descriptor = -1

// Close closes this copy and leaves the connection to those that other
// processes hold.
func (d Descriptor) Close() error { return os.NewSyscallError("close", unix.Close(int(d))) }

// Conn makes the connection usable and takes d over, also when it fails.
func (d Descriptor) Conn() (*net.TCPConn, error) {
	f := os.NewFile(uintptr(d), "client")
	conn, err := net.FileConn(f)
	// FileConn made a copy, and the original would keep the connection open.
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf("adopt: %w", err)
	}
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return nil, errors.Join(fmt.Errorf("adopt: %T is no TCP connection", conn), conn.Close())
	}
	return tcp, nil
}

// maxRights is how many descriptors one message may bring before it is cut, and
// how many may wait for the rest of their offers. One offer has one, and a read
// ends after it, so honest peers come to two at most.
const maxRights = 4

// reader reads the bytes of a link and keeps the descriptors among them.
type reader struct{ c *Conn }

func (r reader) Read(p []byte) (int, error) {
	oob := make([]byte, unix.CmsgSpace(maxRights*4))
	// ReadMsgUnix asks for close-on-exec. The kernel ends a read after bytes that
	// bring a descriptor, so no read brings those of two offers.
	n, oobn, flags, _, err := r.c.sock.ReadMsgUnix(p, oob)
	if err != nil {
		return 0, err // n is -1, which no Reader may return
	}
	return n, r.c.keep(oob[:oobn], flags)
}

// keep files the descriptor of one message, or closes all that came.
func (c *Conn) keep(oob []byte, flags int) error {
	if len(oob) == 0 && flags&unix.MSG_CTRUNC == 0 {
		return nil
	}
	got, err := descriptors(oob)
	c.arrivedMu.Lock()
	defer c.arrivedMu.Unlock()
	switch {
	case err != nil:
	case flags&unix.MSG_CTRUNC != 0 || len(got) != 1:
		err = &FrameError{Problem: "not one descriptor at a time"}
	case c.refuse:
		err = &FrameError{Problem: "a descriptor that nobody asked for"}
	case len(c.arrived) >= maxRights:
		err = &FrameError{Problem: "descriptors without offers"}
	default:
		c.arrived = append(c.arrived, got[0])
		return nil
	}
	for _, d := range got {
		d.Close()
	}
	return err
}

// descriptors returns all of a message, also when a part of it cannot be read.
func descriptors(oob []byte) (got []Descriptor, err error) {
	messages, err := unix.ParseSocketControlMessage(oob)
	for _, m := range messages {
		rights, notRights := unix.ParseUnixRights(&m)
		err = errors.Join(err, notRights)
		for _, fd := range rights {
			got = append(got, Descriptor(fd))
		}
	}
	return got, err
}
