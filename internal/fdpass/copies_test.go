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

// tcpPair returns both ends of a new TCP connection.
func tcpPair(t testing.TB) (near, far *net.TCPConn) {
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

// sendCopy sends a copy of c's descriptor.
func sendCopy(t testing.TB, p *peer, c syscall.Conn) {
	t.Helper()
	withFD(t, c, func(fd int) {
		n, err := p.TrySend([]byte("offer"), fd)
		require.NoError(t, err)
		require.Equal(t, 5, n)
	})
}

// withFD calls f with the descriptor of c.
func withFD(t testing.TB, c syscall.Conn, f func(fd int)) {
	t.Helper()
	rc, err := c.SyscallConn()
	require.NoError(t, err)
	require.NoError(t, rc.Control(func(fd uintptr) { f(int(fd)) }))
}

func nonblocking(t testing.TB, c syscall.Conn) (is bool) {
	t.Helper()
	withFD(t, c, func(fd int) {
		flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0)
		require.NoError(t, err)
		is = flags&unix.O_NONBLOCK != 0
	})
	return is
}

// receiveOne returns the descriptor that comes with the next message.
func (p *peer) receiveOne() (int, error) {
	buf := make([]byte, 5)
	got, err := p.Recv(buf)
	if err != nil || len(got.FDs) != 1 {
		return -1, fmt.Errorf("received %+v: %w", got, err)
	}
	return got.FDs[0], nil
}

// All copies of a connection share O_NONBLOCK. If a process cleared it, SetNonblock makes
// the deadlines of the others work again. Spec: a party that has the connection back may
// stop waiting on it at any time.
func TestSetNonblockUndoesAnotherProcess(t *testing.T) {
	near, far := tcpPair(t)
	p := start(t, "blocker")
	sendCopy(t, p, far)
	require.NoError(t, p.await(done, 1))
	require.False(t, nonblocking(t, far), "the other process changed the shared flag")

	withFD(t, far, func(fd int) { require.NoError(t, fdpass.SetNonblock(fd)) })
	require.True(t, nonblocking(t, far))
	// If the read blocked in the kernel, this byte would end it, and fail the test.
	late := time.AfterFunc(10*time.Second, func() { near.Write([]byte{1}) })
	defer late.Stop()
	require.NoError(t, far.SetReadDeadline(time.Now().Add(20*time.Millisecond)))
	_, err := far.Read(make([]byte, 1))
	require.ErrorIs(t, err, os.ErrDeadlineExceeded)
	p.signal(goAhead, 1)
	p.finish(t)
}

func playBlocker(p *peer) error {
	fd, err := p.receiveOne()
	if err != nil {
		return err
	}
	if err := unix.SetNonblock(fd, false); err != nil {
		return err
	}
	p.signal(done, 1)
	return p.await(goAhead, 1)
}

// A shutdown ends every copy of the connection, even one on which another process waits.
// Spec: EndOfFile, by shut, which ShutdownBoth sets.
func TestShutdownBothEndsEveryCopy(t *testing.T) {
	near, far := tcpPair(t)
	p := start(t, "holder")
	sendCopy(t, p, far)
	require.NoError(t, p.await(done, 1))
	withFD(t, far, func(fd int) { require.NoError(t, fdpass.ShutdownBoth(fd)) })
	require.NoError(t, near.SetReadDeadline(testDeadline()))
	_, err := near.Read(make([]byte, 1))
	require.Equal(t, io.EOF, err)
	require.NoError(t, p.await(gotMessage, 1), "the read of the other process does not end")
	withFD(t, far, func(fd int) { require.NoError(t, fdpass.ShutdownBoth(fd), "a second shutdown") })
}

// When a process is killed, the kernel closes its copies of connections, those that it
// received and those that it had not read yet, and the peer of each reads the end of file.
// The end of file on the link may come a moment earlier, since the kernel closes one
// descriptor after another; once the process has been waited for, all are closed. Spec:
// BackendCrash closes all at once, and leaves that order out.
func TestKilledProcessReleasesItsCopies(t *testing.T) {
	var late, gone int
	kills := repeats(60, 6)
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
	t.Logf("%d processes killed with 2 copies each: %d copies were still open at the end of file, none once the process was gone", kills, late)
	require.Equal(t, kills, gone, "a process did not end by the signal")
}

// playHolder receives a connection and reads from it.
func playHolder(p *peer) error {
	fd, err := p.receiveOne()
	if err != nil {
		return err
	}
	c, err := fdpass.NetConn(fd)
	if err != nil {
		return err
	}
	p.signal(done, 1)
	if n, err := c.Read(make([]byte, 1)); err != io.EOF {
		return fmt.Errorf("read %d: %w", n, err)
	}
	p.signal(gotMessage, 1)
	return p.await(goAhead, 1)
}
