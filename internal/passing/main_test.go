//go:build linux || darwin

package passing_test

import (
	"net"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

	"github.com/handoff-go/handoff/internal/passing"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

// soon is a deadline that no passing test reaches.
func soon() time.Time { return time.Now().Add(20 * time.Second) }

// pair returns two connected links, closed at the end of the test, and the ledger
// of the second.
func pair(t testing.TB) (a, b *passing.Link, ledger *passing.Ledger) {
	t.Helper()
	x, y := sockets(t)
	ledger = new(passing.Ledger)
	return link(t, x, nil), link(t, y, ledger), ledger
}

func link(t testing.TB, c *net.UnixConn, ledger *passing.Ledger) *passing.Link {
	t.Helper()
	l, err := passing.NewLink(c, ledger)
	require.NoError(t, err)
	require.NoError(t, l.SetReadDeadline(soon()))
	t.Cleanup(func() { l.Close() })
	return l
}

// sockets returns two connected Unix stream sockets.
func sockets(t testing.TB) (a, b *net.UnixConn) {
	t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	require.NoError(t, err)
	return adopt(t, fds[0]), adopt(t, fds[1])
}

func adopt(t testing.TB, fd int) *net.UnixConn {
	t.Helper()
	f := os.NewFile(uintptr(fd), "socket")
	defer f.Close()
	c, err := net.FileConn(f)
	require.NoError(t, err)
	t.Cleanup(func() { c.Close() })
	return c.(*net.UnixConn)
}

// open returns a descriptor that can be told from others, open until the test ends.
func open(t testing.TB) int {
	t.Helper()
	f, err := os.CreateTemp(t.TempDir(), "passed")
	require.NoError(t, err)
	t.Cleanup(func() { f.Close() })
	return int(f.Fd())
}

// requireSame fails unless two descriptors are of one file.
func requireSame(t testing.TB, want, got int) {
	t.Helper()
	var a, b unix.Stat_t
	require.NoError(t, unix.Fstat(want, &a))
	require.NoError(t, unix.Fstat(got, &b))
	require.Equal(t, [2]uint64{uint64(a.Dev), uint64(a.Ino)}, [2]uint64{uint64(b.Dev), uint64(b.Ino)})
}

func closeAll(t testing.TB, ledger *passing.Ledger, fds []int) {
	t.Helper()
	for _, fd := range fds {
		require.NoError(t, unix.Close(fd))
		ledger.Closed(passing.FromLink)
	}
}
