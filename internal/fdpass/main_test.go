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
		runRole(role)
	}
	goleak.VerifyTestMain(m)
}

// testDeadline returns a deadline that no passing test reaches.
func testDeadline() time.Time { return time.Now().Add(20 * time.Second) }

// repeats returns how often to repeat something: n times, or fewer with -short.
func repeats(n, short int) int {
	if testing.Short() {
		return short
	}
	return n
}

// linkPair returns two connected links, closed at the end of the test, and the ledger of
// the second.
func linkPair(t testing.TB) (a, b *fdpass.Link, ledger *fdpass.Ledger) {
	t.Helper()
	x, y := sockets(t)
	ledger = new(fdpass.Ledger)
	return link(t, x, nil), link(t, y, ledger), ledger
}

func link(t testing.TB, c *net.UnixConn, ledger *fdpass.Ledger) *fdpass.Link {
	t.Helper()
	l, err := fdpass.NewLink(c, ledger)
	require.NoError(t, err)
	require.NoError(t, l.SetReadDeadline(testDeadline()))
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

// memfile returns a descriptor of an anonymous file that contains text, open until the
// test ends.
func memfile(t testing.TB, text string) int {
	t.Helper()
	fd, err := newMemfile(text)
	require.NoError(t, err)
	t.Cleanup(func() { unix.Close(fd) })
	return fd
}

// newMemfile returns a descriptor of an anonymous file that contains text.
func newMemfile(text string) (int, error) {
	fd, err := unix.MemfdCreate("memfile", unix.MFD_CLOEXEC)
	if err != nil {
		return -1, err
	}
	_, err = unix.Pwrite(fd, []byte(text), 0)
	return fd, err
}

// memfileText returns the text of a descriptor from memfile or newMemfile.
func memfileText(t testing.TB, fd int) string {
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

// openDescriptors returns how many descriptors this process has open, according to the
// kernel.
func openDescriptors(t testing.TB) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	require.NoError(t, err)
	return len(entries) - 1 // less the one of the directory itself
}
