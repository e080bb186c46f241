//go:build linux

package fdpass_test

import (
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/handoff-go/handoff/internal/fdpass"
)

// client returns both ends of a new TCP connection.
func client(t testing.TB) (near, far *net.TCPConn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	c, err := net.Dial("tcp", l.Addr().String())
	require.NoError(t, err)
	t.Cleanup(func() { c.Close() })
	s, err := l.Accept()
	require.NoError(t, err)
	t.Cleanup(func() { s.Close() })
	return c.(*net.TCPConn), s.(*net.TCPConn)
}

// pass sends a copy of c.
func pass(t testing.TB, p *other, c syscall.Conn) {
	t.Helper()
	within(t, c, func(fd int) {
		n, err := p.TrySend([]byte("offer"), fd)
		require.NoError(t, err)
		require.Equal(t, 5, n)
	})
}

// within calls f with the descriptor of c.
func within(t testing.TB, c syscall.Conn, f func(fd int)) {
	t.Helper()
	rc, err := c.SyscallConn()
	require.NoError(t, err)
	require.NoError(t, rc.Control(func(fd uintptr) { f(int(fd)) }))
}

func nonblocking(t testing.TB, c syscall.Conn) (is bool) {
	t.Helper()
	within(t, c, func(fd int) {
		flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0)
		require.NoError(t, err)
		is = flags&unix.O_NONBLOCK != 0
	})
	return is
}

// receiveOne returns the descriptor of the next offer.
func (p *other) receiveOne() (int, error) {
	buf := make([]byte, 5)
	got, err := p.Recv(buf)
	if err != nil || len(got.FDs) != 1 {
		return -1, fmt.Errorf("received %+v: %w", got, err)
	}
	return got.FDs[0], nil
}

// Whether a connection blocks is shared by all copies of it. A holder that changed
// it does not keep a reader from its deadline once SetNonblock has set it back. Spec:
// whoever has the connection back may stop waiting on it at any time.
func TestAConnectionMadeToBlockIsMadeNotTo(t *testing.T) {
	near, far := client(t)
	p := start(t, "meddler")
	pass(t, p, far)
	require.NoError(t, p.await(done, 1))
	require.False(t, nonblocking(t, far), "the other process has changed it here, too")

	within(t, far, func(fd int) { require.NoError(t, fdpass.SetNonblock(fd)) })
	require.True(t, nonblocking(t, far))
	// A read that hangs in the kernel would end by this byte, which is an error here.
	late := time.AfterFunc(10*time.Second, func() { near.Write([]byte{1}) })
	defer late.Stop()
	require.NoError(t, far.SetReadDeadline(time.Now().Add(20*time.Millisecond)))
	_, err := far.Read(make([]byte, 1))
	require.ErrorIs(t, err, os.ErrDeadlineExceeded)
	p.raise(goAhead, 1)
	p.finish(t)
}

func playMeddler(p *other) error {
	fd, err := p.receiveOne()
	if err != nil {
		return err
	}
	if err := unix.SetNonblock(fd, false); err != nil {
		return err
	}
	p.raise(done, 1)
	return p.await(goAhead, 1)
}

// A shutdown ends every copy, also the one that another process is waiting on. Spec:
// EndOfFile, by shut, which ShutdownBoth sets.
func TestAShutdownEndsEveryCopy(t *testing.T) {
	near, far := client(t)
	p := start(t, "holder")
	pass(t, p, far)
	require.NoError(t, p.await(done, 1))
	within(t, far, func(fd int) { require.NoError(t, fdpass.ShutdownBoth(fd)) })
	require.NoError(t, near.SetReadDeadline(soon()))
	_, err := near.Read(make([]byte, 1))
	require.Equal(t, io.EOF, err)
	require.NoError(t, p.await(heard, 1), "the other process reads for ever")
	within(t, far, func(fd int) { require.NoError(t, fdpass.ShutdownBoth(fd), "once more") })
}

// The end of file of a link whose process was killed means that the kernel closes
// its copies of the connections, those that it received and those that it had not
// read, without anybody's help: the peer of each sees its end. That may be an
// instant after the end of file, since the kernel closes one descriptor after
// another; once the process has been waited for, it has closed all of them. Spec:
// BackendCrash, which closes all at once: the order is left out there.
func TestTheEndOfADeadLinkEndsItsCopies(t *testing.T) {
	var late, gone int
	kills := long(60, 6)
	for range kills {
		held, unread := socketpair(t), socketpair(t)
		p := start(t, "holder")
		for _, c := range [][2]int{held, unread} {
			_, err := p.TrySend([]byte("offer"), c[1])
			require.NoError(t, err)
			require.NoError(t, unix.Close(c[1]))
			require.NoError(t, p.await(done, 1))
		}
		require.NoError(t, p.cmd.Process.Kill())
		_, err := p.Recv(make([]byte, 8))
		require.Equal(t, io.EOF, err)
		for _, c := range [][2]int{held, unread} {
			if _, err := fdpass.Peek(c[0], make([]byte, 1)); err == fdpass.ErrWouldBlock {
				late++
			}
		}
		if err := p.cmd.Wait(); err != nil {
			gone++
		}
		for _, c := range [][2]int{held, unread} {
			_, err := fdpass.Peek(c[0], make([]byte, 1))
			require.Equal(t, io.EOF, err)
			require.NoError(t, unix.Close(c[0]))
		}
	}
	t.Logf("%d killed with 2 copies each: %d copies were still open at the end of file, none when the process was gone", kills, late)
	require.Equal(t, kills, gone, "not all ended by the signal")
}

// playHolder reads the connection that it receives.
func playHolder(p *other) error {
	fd, err := p.receiveOne()
	if err != nil {
		return err
	}
	c, err := fdpass.NetConn(fd)
	if err != nil {
		return err
	}
	p.raise(done, 1)
	if n, err := c.Read(make([]byte, 1)); err != io.EOF {
		return fmt.Errorf("read %d: %w", n, err)
	}
	p.raise(heard, 1)
	return p.await(goAhead, 1)
}
