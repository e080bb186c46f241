//go:build linux

package fdpass_test

import (
	"net"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

	"github.com/handoff-go/handoff/internal/fdpass"
)

func TestMain(m *testing.M) {
	if role := os.Getenv(roleVariable); role != "" {
		play(role)
	}
	goleak.VerifyTestMain(m)
}

// soon is a deadline that no passing test reaches.
func soon() time.Time { return time.Now().Add(20 * time.Second) }

// long returns how often to repeat something, less often with -short.
func long(n, short int) int {
	if testing.Short() {
		return short
	}
	return n
}

// pair returns two connected links, closed at the end of the test, and the ledger
// of the second.
func pair(t testing.TB) (a, b *fdpass.Link, ledger *fdpass.Ledger) {
	t.Helper()
	x, y := sockets(t)
	ledger = new(fdpass.Ledger)
	return link(t, x, nil), link(t, y, ledger), ledger
}

func link(t testing.TB, c *net.UnixConn, ledger *fdpass.Ledger) *fdpass.Link {
	t.Helper()
	l, err := fdpass.NewLink(c, ledger)
	require.NoError(t, err)
	require.NoError(t, l.SetReadDeadline(soon()))
	t.Cleanup(func() { l.Close() })
	return l
}

// sockets returns two connected Unix stream sockets.
func sockets(t testing.TB) (a, b *net.UnixConn) {
	t.Helper()
	fds := socketpair(t)
	return adopt(t, fds[0]), adopt(t, fds[1])
}

func socketpair(t testing.TB) [2]int {
	t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	require.NoError(t, err)
	return fds
}

func adopt(t testing.TB, fd int) *net.UnixConn {
	t.Helper()
	c, err := fdpass.NetConn(fd)
	require.NoError(t, err)
	t.Cleanup(func() { c.Close() })
	return c.(*net.UnixConn)
}

// marked returns a descriptor of a file that holds text, open until the test ends.
func marked(t testing.TB, text string) int {
	t.Helper()
	fd, err := memory(text)
	require.NoError(t, err)
	t.Cleanup(func() { unix.Close(fd) })
	return fd
}

// memory returns a descriptor of a file that holds text and has no name.
func memory(text string) (int, error) {
	fd, err := unix.MemfdCreate("marked", unix.MFD_CLOEXEC)
	if err != nil {
		return -1, err
	}
	_, err = unix.Pwrite(fd, []byte(text), 0)
	return fd, err
}

// mark returns the text of a descriptor made by marked or memory.
func mark(t testing.TB, fd int) string {
	t.Helper()
	buf := make([]byte, 64)
	n, err := unix.Pread(fd, buf, 0)
	require.NoError(t, err)
	return string(buf[:n])
}

func closeAll(t testing.TB, ledger *fdpass.Ledger, fds []int) {
	t.Helper()
	for _, fd := range fds {
		require.NoError(t, unix.Close(fd))
		ledger.Closed(fdpass.FromLink)
	}
}

// inUse returns how many descriptors this process has open, as the kernel says.
func inUse(t testing.TB) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	require.NoError(t, err)
	return len(entries) - 1 // without the one of the directory
}
