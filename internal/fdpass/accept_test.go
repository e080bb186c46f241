//go:build linux

package fdpass_test

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/handoff-go/handoff/internal/fdpass"
)

func TestAcceptReturnsRawConnections(t *testing.T) {
	path := filepath.Join(t.TempDir(), "clients")
	for _, where := range [][2]string{{"tcp", "127.0.0.1:0"}, {"tcp", "[::1]:0"}, {"unix", path}} {
		t.Run(where[0]+" "+where[1], func(t *testing.T) {
			l, err := net.Listen(where[0], where[1])
			if errors.Is(err, syscall.EADDRNOTAVAIL) || errors.Is(err, syscall.EAFNOSUPPORT) {
				t.Skip("this machine has no IPv6 loopback address") // as many containers
			}
			require.NoError(t, err)
			defer l.Close()
			f, rc := listener(t, l)
			accepted := make(chan int, 1)
			var from net.Addr
			go func() {
				fd, addr, err := fdpass.Accept(rc)
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
			require.NoError(t, fdpass.Close(fd))
			require.NoError(t, c.Close())

			require.NoError(t, f.SetReadDeadline(time.Now().Add(time.Millisecond)))
			_, _, err = fdpass.Accept(rc)
			require.Equal(t, os.ErrDeadlineExceeded, err)
			require.NoError(t, f.SetReadDeadline(time.Time{}))
			ended := make(chan error, 1)
			go func() {
				_, _, err := fdpass.Accept(rc)
				ended <- err
			}()
			time.Sleep(time.Millisecond)
			require.NoError(t, f.Close())
			require.Equal(t, net.ErrClosed, <-ended)
		})
	}
}

func TestAcceptNeedsAListenerFile(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	rc, err := l.(syscall.Conn).SyscallConn()
	require.NoError(t, err)
	_, _, err = fdpass.Accept(rc)
	require.Equal(t, syscall.EINVAL, err)
	_, err = fdpass.ListenerFile(struct{ net.Listener }{l})
	require.ErrorIs(t, err, errors.ErrUnsupported)
}

func listener(t testing.TB, l net.Listener) (*os.File, syscall.RawConn) {
	t.Helper()
	f, err := fdpass.ListenerFile(l)
	require.NoError(t, err)
	t.Cleanup(func() { f.Close() })
	rc, err := f.SyscallConn()
	require.NoError(t, err)
	return f, rc
}
