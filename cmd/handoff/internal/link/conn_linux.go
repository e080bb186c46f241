package link

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// SendTimeout bounds every Send and SendOffer as a whole. A peer that does not
// read for so long loses its link.
const SendTimeout = 2 * time.Second

// Conn is one end of a link. Make it with Pair or FromFile; the zero Conn is not
// usable, and a Conn must not be copied.
//
// Send, SendOffer, CloseWrite and Close are safe for concurrent use. Receive is
// for one goroutine, the link's reader.
type Conn struct {
	sock *net.UnixConn
	in   *bufio.Reader

	arrivedMu sync.Mutex
	arrived   []Descriptor // in the order of their offers, not yet received
	refuse    bool         // what arrives is closed at once

	sending sync.Mutex // one frame at a time
}

// Pair returns the broker's end of a new link, which takes no descriptors, and
// the backend's as a file for [os/exec.Cmd.ExtraFiles]. The caller closes both.
func Pair() (*Conn, *os.File, error) {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, os.NewSyscallError("socketpair", err)
	}
	theirs := os.NewFile(uintptr(pair[1]), "link")
	ours, err := FromFile(os.NewFile(uintptr(pair[0]), "link"))
	if err != nil {
		return nil, nil, errors.Join(err, theirs.Close())
	}
	ours.refuse = true
	return ours, theirs, nil
}

// FromFile returns the end of a link that f is: the backend's end of a Pair. It
// takes f over, also when it fails.
func FromFile(f *os.File) (*Conn, error) {
	conn, err := net.FileConn(f)
	// FileConn made a copy: f has done its work.
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf("link: %w", err)
	}
	sock, ok := conn.(*net.UnixConn)
	if !ok {
		return nil, errors.Join(fmt.Errorf("link: %T is no Unix socket", conn), conn.Close())
	}
	c := &Conn{sock: sock}
	c.in = bufio.NewReader(reader{c})
	return c, nil
}

// Send writes a frame that carries no descriptor. It blocks for SendTimeout at
// most. After an error the stream may end inside a frame: close the link.
func (c *Conn) Send(f Frame) error { return c.send(f, nil) }

// SendOffer writes an offer with a copy of client's descriptor attached to its
// first byte. client stays the caller's. It blocks and fails as Send does.
func (c *Conn) SendOffer(f Frame, client *net.TCPConn) error {
	raw, err := client.SyscallConn()
	if err != nil {
		return fmt.Errorf("link: offer: %w", err)
	}
	// Inside Control the descriptor is certain to be client's own. File().Fd()
	// would make a copy and take O_NONBLOCK away from every other one.
	var sent error
	err = raw.Control(func(fd uintptr) { sent = c.send(f, unix.UnixRights(int(fd))) })
	return errors.Join(err, sent)
}

func (c *Conn) send(f Frame, rights []byte) error {
	b, err := Append(make([]byte, 0, maxFrame), f)
	if err != nil {
		return err
	}
	c.sending.Lock()
	defer c.sending.Unlock()
	if err := c.sock.SetWriteDeadline(time.Now().Add(SendTimeout)); err != nil {
		return fmt.Errorf("link: send: %w", err)
	}
	n := 0
	if rights != nil {
		if n, _, err = c.sock.WriteMsgUnix(b, rights, nil); err != nil {
			return fmt.Errorf("link: send: %w", err)
		}
	}
	// After a short write the rest goes without the descriptor.
	if _, err := c.sock.Write(b[n:]); err != nil {
		return fmt.Errorf("link: send: %w", err)
	}
	return nil
}

// Receive waits for the next frame, without limit. The descriptor of an offer
// is the caller's; for all other kinds it is None. It returns io.EOF when the
// peer has ended the link between two frames, and an error as [Read] does, or a
// *FrameError for an offer without its descriptor, when the link is to be closed.
func (c *Conn) Receive() (Frame, Descriptor, error) {
	f, err := Read(c.in)
	if err != nil || f.Kind != Offer {
		return f, None, err
	}
	c.arrivedMu.Lock()
	defer c.arrivedMu.Unlock()
	if len(c.arrived) == 0 {
		return Frame{}, None, &FrameError{Kind: Offer, Problem: "no descriptor came with it"}
	}
	d := c.arrived[0]
	c.arrived = c.arrived[1:]
	return f, d, nil
}

// SetReceiveDeadline makes Receive fail with os.ErrDeadlineExceeded from t on;
// the zero time takes the limit away.
func (c *Conn) SetReceiveDeadline(t time.Time) error { return c.sock.SetReadDeadline(t) }

// CloseWrite tells the peer that no more frames come. The link is still read.
func (c *Conn) CloseWrite() error { return c.sock.CloseWrite() }

// Close ends the link, and a Receive that waits, and closes the descriptors
// that arrived and were not received. Only the first call does something.
func (c *Conn) Close() error {
	c.arrivedMu.Lock()
	for _, d := range c.arrived {
		d.Close()
	}
	c.arrived, c.refuse = nil, true
	c.arrivedMu.Unlock()
	if err := c.sock.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}
