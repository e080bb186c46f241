//go:build linux

package fdpass_test

import (
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

func TestNetConnLeavesOneCopy(t *testing.T) {
	near, far := tcpPair(t)
	var fd int
	withFD(t, far, func(have int) {
		var err error
		fd, err = unix.FcntlInt(uintptr(have), unix.F_DUPFD_CLOEXEC, 0)
		require.NoError(t, err)
	})
	before := openDescriptors(t)
	c, err := fdpass.NetConn(fd)
	require.NoError(t, err)
	require.IsType(t, &net.TCPConn{}, c)
	require.Equal(t, before, openDescriptors(t))
	require.NoError(t, far.Close())

	_, err = c.Write([]byte("hello"))
	require.NoError(t, err)
	got := make([]byte, 5)
	_, err = io.ReadFull(near, got)
	require.NoError(t, err)
	require.NoError(t, c.Close())
	_, err = near.Read(got)
	require.Equal(t, io.EOF, err, "the last copy is closed")
}

func TestNetConnOfABlockingDescriptor(t *testing.T) {
	fds := socketpair(t)
	require.NoError(t, unix.SetNonblock(fds[0], false))
	c := adopt(t, fds[0])
	require.True(t, nonblocking(t, c))
	require.NoError(t, c.SetReadDeadline(time.Now().Add(time.Millisecond)))
	_, err := c.Read(make([]byte, 1))
	require.ErrorIs(t, err, os.ErrDeadlineExceeded)
	require.NoError(t, fdpass.Close(fds[1]))
}

func TestNetConnRefusesOtherDescriptors(t *testing.T) {
	before := openDescriptors(t)
	file := memfile(t, "file")
	datagram, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	require.NoError(t, err)
	for _, fd := range []int{file, datagram} {
		c, err := fdpass.NetConn(fd)
		require.Error(t, err)
		require.Nil(t, c)
	}
	require.Equal(t, before+2, openDescriptors(t))
	require.Equal(t, "file", memfileText(t, file), "the descriptor stays the caller's")
	require.NoError(t, fdpass.Close(datagram))
	require.Equal(t, syscall.EBADF, fdpass.Close(datagram))
	_, err = fdpass.NetConn(datagram)
	require.ErrorIs(t, err, syscall.EBADF)
}

func TestPeekConsumesNothing(t *testing.T) {
	fds := socketpair(t)
	x, l := adopt(t, fds[0]), fds[1]
	buf := make([]byte, 16)
	_, err := fdpass.Peek(l, buf)
	require.Equal(t, fdpass.ErrWouldBlock, err)
	_, err = fdpass.Peek(l, nil)
	require.Equal(t, io.ErrShortBuffer, err)

	before := openDescriptors(t)
	sendMany(t, x, memfile(t, "passed"), 7)
	for range 2 {
		n, err := fdpass.Peek(l, buf)
		require.NoError(t, err)
		require.Equal(t, []byte{7}, buf[:n])
	}
	require.Equal(t, before+1, openDescriptors(t), "Peek receives no descriptors")
	n, err := unix.Read(l, buf)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	require.NoError(t, x.Close())
	_, err = fdpass.Peek(l, buf)
	require.Equal(t, io.EOF, err)
	require.NoError(t, fdpass.Close(l))
}

func TestTryReadNeverWaits(t *testing.T) {
	fds := socketpair(t)
	require.NoError(t, unix.SetNonblock(fds[0], false)) // a plain read would wait
	buf := make([]byte, 16)
	_, err := fdpass.TryRead(fds[0], buf)
	require.Equal(t, fdpass.ErrWouldBlock, err)
	require.False(t, fdpass.PeerClosed(fds[0]))
	_, err = fdpass.TryRead(fds[0], nil)
	require.Equal(t, io.ErrShortBuffer, err)

	_, err = fdpass.TryWrite(fds[1], []byte("last"))
	require.NoError(t, err)
	require.False(t, fdpass.PeerClosed(fds[0]))
	require.NoError(t, unix.Shutdown(fds[1], unix.SHUT_WR))
	require.True(t, fdpass.PeerClosed(fds[0]), "although there is data to read")
	n, err := fdpass.TryRead(fds[0], buf)
	require.NoError(t, err)
	require.Equal(t, "last", string(buf[:n]))
	_, err = fdpass.TryRead(fds[0], buf)
	require.Equal(t, io.EOF, err)
	require.NoError(t, fdpass.Close(fds[0]))
	require.NoError(t, fdpass.Close(fds[1]))
}

func TestTryWriteNeverWaits(t *testing.T) {
	fds := socketpair(t)
	n, err := fdpass.TryWrite(fds[0], nil)
	require.NoError(t, err)
	require.Zero(t, n)
	require.NoError(t, unix.SetNonblock(fds[0], false)) // a plain write would wait
	large := make([]byte, 1<<20)
	n, err = fdpass.TryWrite(fds[0], large)
	require.NoError(t, err)
	require.Less(t, n, len(large))
	_, err = fdpass.TryWrite(fds[0], large)
	require.Equal(t, fdpass.ErrWouldBlock, err)
	require.NoError(t, fdpass.Close(fds[1]))
	_, err = fdpass.TryWrite(fds[0], large)
	require.Contains(t, []error{syscall.ECONNRESET, syscall.EPIPE}, err)
	require.NoError(t, fdpass.Close(fds[0]))
}

func TestShutdownBothOfAnEndedConnection(t *testing.T) {
	_, far := tcpPair(t)
	withFD(t, far, func(fd int) {
		require.NoError(t, fdpass.ShutdownBoth(fd))
		require.NoError(t, fdpass.ShutdownBoth(fd))
	})
	lonely, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	require.NoError(t, err)
	require.NoError(t, fdpass.ShutdownBoth(lonely), "a socket that never was connected")
	require.NoError(t, fdpass.Close(lonely))
	require.Equal(t, syscall.EBADF, fdpass.ShutdownBoth(lonely))
}
