//go:build linux

package fdpass_test

import (
	"io"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/handoff-go/handoff/internal/fdpass"
)

func TestDescriptorArrivesWithTheFirstByte(t *testing.T) {
	a, b, ledger := linkPair(t)
	n, err := a.TrySend([]byte("offer"), memfile(t, "passed"))
	require.NoError(t, err)
	require.Equal(t, 5, n)

	buf := make([]byte, 16)
	got, err := b.Recv(buf[:1])
	require.NoError(t, err)
	require.Equal(t, "o", string(buf[:got.N]))
	require.False(t, got.Truncated)
	require.Len(t, got.FDs, 1)
	require.Equal(t, "passed", memfileText(t, got.FDs[0]))
	flags, err := unix.FcntlInt(uintptr(got.FDs[0]), unix.F_GETFD, 0)
	require.NoError(t, err)
	require.NotZero(t, flags&unix.FD_CLOEXEC, "close-on-exec")
	require.Equal(t, fdpass.Stats{Opened: 1, Open: 1}, ledger.Stats())
	closeAll(t, ledger, got.FDs)
	require.Equal(t, fdpass.Stats{Opened: 1, Closed: 1}, ledger.Stats())

	got, err = b.Recv(buf)
	require.NoError(t, err)
	require.Equal(t, fdpass.Received{N: 4}, got, "the rest comes without a descriptor")
	require.Equal(t, "ffer", string(buf[:got.N]))
}

// A read ends with the last byte of a write that carried a descriptor, even if there is
// room for more. It may begin before that write.
func TestReadEndsBehindAWriteWithADescriptor(t *testing.T) {
	a, b, ledger := linkPair(t)
	for _, w := range []struct {
		text string
		fd   int
	}{
		{"pong", -1}, {"commit", -1}, {"offer1", memfile(t, "1")}, {"offer2", memfile(t, "2")}, {"revoke", -1},
		{"offer3", memfile(t, "3")}, {"ping", -1},
	} {
		_, err := a.TrySend([]byte(w.text), w.fd)
		require.NoError(t, err)
	}
	buf := make([]byte, 1000)
	for _, want := range []struct{ text, mark string }{
		{"pongcommitoffer1", "1"}, {"offer2", "2"}, {"revokeoffer3", "3"}, {"ping", ""},
	} {
		got, err := b.TryRecv(buf)
		require.NoError(t, err)
		require.Equal(t, want.text, string(buf[:got.N]))
		if want.mark == "" {
			require.Nil(t, got.FDs)
			continue
		}
		require.Len(t, got.FDs, 1)
		require.Equal(t, want.mark, memfileText(t, got.FDs[0]))
		closeAll(t, ledger, got.FDs)
	}
}

func TestReceivedSlicesAreNotReused(t *testing.T) {
	a, b, ledger := linkPair(t)
	passed := memfile(t, "passed")
	buf := make([]byte, 1)
	var kept [][]int
	seen := map[int]bool{}
	for range 200 {
		_, err := a.TrySend([]byte{1}, passed)
		require.NoError(t, err)
		got, err := b.Recv(buf)
		require.NoError(t, err)
		require.Len(t, got.FDs, 1)
		kept = append(kept, got.FDs)
	}
	for _, fds := range kept {
		_ = append(fds, -1) // must not overwrite the next slice
		require.False(t, seen[fds[0]])
		seen[fds[0]] = true
		closeAll(t, ledger, fds)
	}
	require.Zero(t, ledger.Stats().Open)
}

func TestEndOfFileComesAfterQueuedData(t *testing.T) {
	a, b, _ := linkPair(t)
	buf := make([]byte, 16)
	_, err := b.TryRecv(buf)
	require.Equal(t, fdpass.ErrWouldBlock, err)
	_, err = b.TrySend([]byte("never read"), -1) // unread data makes the end a reset
	require.NoError(t, err)
	_, err = a.TrySend([]byte("last"), -1)
	require.NoError(t, err)
	require.NoError(t, a.Close())

	got, err := b.TryRecv(buf)
	require.NoError(t, err)
	require.Equal(t, "last", string(buf[:got.N]))
	for range 3 {
		_, err = b.TryRecv(buf)
		require.Equal(t, io.EOF, err)
		_, err = b.Recv(buf)
		require.Equal(t, io.EOF, err)
	}
	_, err = b.TrySend([]byte("late"), memfile(t, "passed"))
	require.Equal(t, syscall.EPIPE, err)
	_, err = b.SendAll([]byte("late"), -1, testDeadline())
	require.Equal(t, syscall.EPIPE, err)
}

func TestNewLinkOfAClosedConnection(t *testing.T) {
	x, _ := sockets(t)
	require.NoError(t, x.Close())
	_, err := fdpass.NewLink(x, nil)
	require.Equal(t, net.ErrClosed, err)
}

func TestPeerCredentialsNameTheConnectingProcess(t *testing.T) {
	a, _, _ := linkPair(t)
	c, err := a.PeerCredentials()
	require.NoError(t, err)
	require.Equal(t, fdpass.Credentials{UID: os.Getuid(), PID: os.Getpid()}, c)

	path := filepath.Join(t.TempDir(), "control")
	l, err := net.Listen("unix", path)
	require.NoError(t, err)
	defer l.Close()
	p := start(t, "dialer")
	_, err = p.TrySend([]byte(path), -1)
	require.NoError(t, err)
	accepted, err := l.Accept()
	require.NoError(t, err)
	c, err = link(t, accepted.(*net.UnixConn), nil).PeerCredentials()
	require.NoError(t, err)
	require.Equal(t, fdpass.Credentials{UID: os.Getuid(), PID: p.cmd.Process.Pid}, c)
}

// playDialer connects to the path that it receives, and waits.
func playDialer(p *peer) error {
	buf := make([]byte, 200)
	got, err := p.Recv(buf)
	if err != nil {
		return err
	}
	c, err := net.Dial("unix", string(buf[:got.N]))
	if err != nil {
		return err
	}
	defer c.Close()
	return p.await(goAhead, 1)
}
