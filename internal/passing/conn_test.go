//go:build linux

package passing_test

import (
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/handoff-go/handoff/internal/passing"
)

func TestConnLeavesNoSecondCopy(t *testing.T) {
	near, far := client(t)
	var fd int
	within(t, far, func(have int) {
		var err error
		fd, err = unix.FcntlInt(uintptr(have), unix.F_DUPFD_CLOEXEC, 0)
		require.NoError(t, err)
	})
	before := inUse(t)
	c, err := passing.Conn(fd)
	require.NoError(t, err)
	require.IsType(t, &net.TCPConn{}, c)
	require.Equal(t, before, inUse(t))
	require.NoError(t, far.Close())

	_, err = c.Write([]byte("hello"))
	require.NoError(t, err)
	got := make([]byte, 5)
	_, err = io.ReadFull(near, got)
	require.NoError(t, err)
	require.NoError(t, c.Close())
	_, err = near.Read(got)
	require.Equal(t, io.EOF, err, "that was the last copy")
}

func TestConnAdoptsOneThatBlocks(t *testing.T) {
	fds := socketpair(t)
	require.NoError(t, unix.SetNonblock(fds[0], false))
	c := adopt(t, fds[0])
	require.True(t, nonblocking(t, c))
	require.NoError(t, c.SetReadDeadline(time.Now().Add(time.Millisecond)))
	_, err := c.Read(make([]byte, 1))
	require.ErrorIs(t, err, os.ErrDeadlineExceeded)
	require.NoError(t, passing.Close(fds[1]))
}

func TestConnRefusesWhatIsNone(t *testing.T) {
	before := inUse(t)
	file := marked(t, "file")
	datagram, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	require.NoError(t, err)
	for _, fd := range []int{file, datagram} {
		c, err := passing.Conn(fd)
		require.Error(t, err)
		require.Nil(t, c)
	}
	require.Equal(t, before+2, inUse(t))
	require.Equal(t, "file", mark(t, file), "it stays the caller's")
	require.NoError(t, passing.Close(datagram))
	require.Equal(t, syscall.EBADF, passing.Close(datagram))
	_, err = passing.Conn(datagram)
	require.ErrorIs(t, err, syscall.EBADF)
}

func TestPeekTakesNothing(t *testing.T) {
	fds := socketpair(t)
	x, l := adopt(t, fds[0]), fds[1]
	buf := make([]byte, 16)
	_, err := passing.Peek(l, buf)
	require.Equal(t, passing.ErrWouldBlock, err)
	_, err = passing.Peek(l, nil)
	require.Equal(t, io.ErrShortBuffer, err)

	before := inUse(t)
	sendMany(t, x, marked(t, "passed"), 7)
	for range 2 {
		n, err := passing.Peek(l, buf)
		require.NoError(t, err)
		require.Equal(t, []byte{7}, buf[:n])
	}
	require.Equal(t, before+1, inUse(t), "nor does it receive descriptors")
	n, err := unix.Read(l, buf)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	require.NoError(t, x.Close())
	_, err = passing.Peek(l, buf)
	require.Equal(t, io.EOF, err)
	require.NoError(t, passing.Close(l))
}

func TestWriteDoesNotWait(t *testing.T) {
	fds := socketpair(t)
	n, err := passing.Write(fds[0], nil)
	require.NoError(t, err)
	require.Zero(t, n)
	require.NoError(t, unix.SetNonblock(fds[0], false)) // which would make a plain write wait
	large := make([]byte, 1<<20)
	n, err = passing.Write(fds[0], large)
	require.NoError(t, err)
	require.Less(t, n, len(large))
	_, err = passing.Write(fds[0], large)
	require.Equal(t, passing.ErrWouldBlock, err)
	require.NoError(t, passing.Close(fds[1]))
	_, err = passing.Write(fds[0], large)
	require.Contains(t, []error{syscall.ECONNRESET, syscall.EPIPE}, err)
	require.NoError(t, passing.Close(fds[0]))
}

func TestAFenceOfWhatHasEnded(t *testing.T) {
	_, far := client(t)
	within(t, far, func(fd int) {
		require.NoError(t, passing.Fence(fd))
		require.NoError(t, passing.Fence(fd))
	})
	lonely, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	require.NoError(t, err)
	require.NoError(t, passing.Fence(lonely), "never connected")
	require.NoError(t, passing.Close(lonely))
	require.Equal(t, syscall.EBADF, passing.Fence(lonely))
}

func TestAcceptTakesRawConnections(t *testing.T) {
	path := filepath.Join(t.TempDir(), "clients")
	for _, where := range [][2]string{{"tcp", "127.0.0.1:0"}, {"tcp", "[::1]:0"}, {"unix", path}} {
		t.Run(where[0]+" "+where[1], func(t *testing.T) {
			l, err := net.Listen(where[0], where[1])
			if errors.Is(err, syscall.EADDRNOTAVAIL) || errors.Is(err, syscall.EAFNOSUPPORT) {
				t.Skip("no IPv6 here") // containers often have none
			}
			require.NoError(t, err)
			defer l.Close()
			f, rc := listener(t, l)
			accepted := make(chan int, 1)
			var from net.Addr
			go func() {
				fd, addr, err := passing.Accept(rc)
				if err != nil {
					fd = -1
				}
				from = addr
				accepted <- fd
			}()
			c, err := net.Dial(where[0], l.Addr().String())
			require.NoError(t, err)
			fd := <-accepted
			require.Positive(t, fd)
			if where[0] == "tcp" {
				require.Equal(t, c.LocalAddr().String(), from.String())
			} else {
				require.IsType(t, &net.UnixAddr{}, from)
			}
			flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
			require.NoError(t, err)
			require.NotZero(t, flags&unix.FD_CLOEXEC)
			flags, err = unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0)
			require.NoError(t, err)
			require.NotZero(t, flags&unix.O_NONBLOCK)
			require.NoError(t, passing.Close(fd))
			require.NoError(t, c.Close())

			require.NoError(t, f.SetReadDeadline(time.Now().Add(time.Millisecond)))
			_, _, err = passing.Accept(rc)
			require.Equal(t, os.ErrDeadlineExceeded, err)
			require.NoError(t, f.SetReadDeadline(time.Time{}))
			ended := make(chan error, 1)
			go func() {
				_, _, err := passing.Accept(rc)
				ended <- err
			}()
			time.Sleep(time.Millisecond)
			require.NoError(t, f.Close())
			require.Equal(t, net.ErrClosed, <-ended)
		})
	}
}

func TestAListenersOwnDescriptorCannotWait(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	rc, err := l.(syscall.Conn).SyscallConn()
	require.NoError(t, err)
	_, _, err = passing.Accept(rc)
	require.Equal(t, syscall.EINVAL, err)
	_, err = passing.Listener(struct{ net.Listener }{l})
	require.ErrorIs(t, err, errors.ErrUnsupported)
}

func listener(t testing.TB, l net.Listener) (*os.File, syscall.RawConn) {
	t.Helper()
	f, err := passing.Listener(l)
	require.NoError(t, err)
	t.Cleanup(func() { f.Close() })
	rc, err := f.SyscallConn()
	require.NoError(t, err)
	return f, rc
}

// The account of the ledger is the kernel's, whatever the mixture.
func TestTheLedgerAgreesWithTheKernel(t *testing.T) {
	x, y := sockets(t)
	ledger := new(passing.Ledger)
	l := link(t, y, ledger)
	passed := marked(t, "passed")
	base := inUse(t)
	var open []int
	buf := make([]byte, 100)
	for i := range 60 {
		sendMany(t, x, passed, 1+i%4)
		got, err := l.Recv(buf)
		require.NoError(t, err)
		open = append(open, got.FDs...)
		closing := i * 7 % 5
		closeAll(t, ledger, open[:min(closing, len(open))])
		open = open[min(closing, len(open)):]
		s := ledger.Stats()
		require.Equal(t, inUse(t)-base, s.Open)
		require.Equal(t, s.Opened, s.Closed+uint64(s.Open))
	}
	require.Equal(t, []passing.Leak{{Origin: passing.FromLink, Open: len(open)}}, ledger.Leaks(), "leaks have names")
	closeAll(t, ledger, open)
	require.Nil(t, ledger.Leaks())
	require.Equal(t, base, inUse(t))
}
