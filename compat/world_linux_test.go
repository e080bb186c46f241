package compat_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"github.com/handoff-go/handoff/compat"
	"github.com/handoff-go/handoff/internal/fdpass"
	"github.com/handoff-go/handoff/internal/socktest"
	"github.com/handoff-go/handoff/registry"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"golang.org/x/sys/unix"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// hang is how long a test waits before it says that nothing comes.
const hang = 10 * time.Second

// Deadlines of a handoff: one that a test waits for, and one that no test comes to.
const (
	quick   = 300 * time.Millisecond
	patient = 20 * time.Second
)

// The bytes of running-process 4.5.5, for the token 00 01 .. 0f and a service of its own.
const (
	oldService = "zccache"
	oldToken   = "000102030405060708090a0b0c0d0e0f"
	oldOffer   = "0127000000080118ffa103221d1210" + oldToken + "1a077a63636163686520012801"
	laterOffer = "0129000000080118ffa103221f08001210" + oldToken + "1a077a63636163686520012801"
	oldAck     = "01220000000801100118ffa10322160a10" + oldToken + "100120012801"
	oldReady   = "01220000000801100218ffa10322160a10" + oldToken + "100120012801"
)

// world is a sender and its registry.
type world struct {
	t        *testing.T
	registry *registry.Registry
	sender   *compat.Sender
}

// newWorld returns a sender that must have counted every descriptor when its test ends.
func newWorld(t *testing.T, deadline time.Duration) *world {
	t.Helper()
	return newWorldOf(t, registry.Options{AckDeadline: deadline, Rand: counting{}})
}

func newWorldOf(t *testing.T, o registry.Options) *world {
	t.Helper()
	r, err := registry.New(o)
	require.NoError(t, err)
	w := &world{t: t, registry: r, sender: compat.NewSender(r, nil)}
	t.Cleanup(func() {
		stats, err := w.sender.Shutdown(context.Background())
		require.NoError(t, err)
		require.Zero(t, stats.InFlight)
		require.Zero(t, stats.Descriptors.Open)
		require.Equal(t, stats.Descriptors.Opened, stats.Descriptors.Closed+stats.Descriptors.Adopted)
		require.Zero(t, r.Stats().Pending)
		s := r.Stats()
		require.Equal(t, s.Registered, s.Acknowledged+s.Expired+s.Abandoned)
	})
	return w
}

// unixPair returns the two ends of a Unix stream.
func unixPair(t *testing.T) (a, b *net.UnixConn) {
	t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	require.NoError(t, err)
	var ends []*net.UnixConn
	for _, fd := range fds {
		f := os.NewFile(uintptr(fd), "")
		c, err := net.FileConn(f)
		require.NoError(t, err)
		require.NoError(t, f.Close())
		t.Cleanup(func() { c.Close() })
		require.NoError(t, c.SetDeadline(time.Now().Add(hang)))
		ends = append(ends, c.(*net.UnixConn))
	}
	return ends[0], ends[1]
}

// rawPair is tcpPair with the server's end as a raw descriptor, which the caller closes.
func rawPair(t *testing.T) (client *net.TCPConn, fd int) {
	t.Helper()
	client, server := socktest.TCPPair(t)
	raw, err := server.SyscallConn()
	require.NoError(t, err)
	require.NoError(t, raw.Control(func(s uintptr) { fd, err = unix.FcntlInt(s, unix.F_DUPFD_CLOEXEC, 0) }))
	require.NoError(t, err)
	require.NoError(t, server.Close())
	return client, fd
}

func closeFD(t *testing.T, fd int) {
	t.Helper()
	require.NoError(t, fdpass.Close(fd))
}

func listenUnix(t *testing.T, path string) *net.UnixListener {
	t.Helper()
	ln, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	require.NoError(t, err)
	return ln
}

func requireEnded(t *testing.T, client *net.TCPConn) {
	t.Helper()
	n, err := client.Read(make([]byte, 1))
	require.Zero(t, n)
	require.ErrorIs(t, err, io.EOF)
}

func hear(t *testing.T, c net.Conn, want string) {
	t.Helper()
	line, err := bufio.NewReader(c).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, want+"\n", line)
}
