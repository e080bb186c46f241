//go:build linux

package fdpass_test

import (
	"os"
	"testing"

	"github.com/handoff-go/handoff/internal/fdpass"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// With an error nothing was received: neither the bytes nor the descriptors of the read before are
// returned, or counted, again.
func TestNothingIsReceivedTwice(t *testing.T) {
	a, b, ledger := linkPair(t)
	_, err := a.SendAll([]byte("offer"), memfile(t, "once"), testDeadline())
	require.NoError(t, err)
	got, err := b.Recv(make([]byte, 16))
	require.NoError(t, err)
	require.Equal(t, 5, got.N)
	require.Len(t, got.FDs, 1)
	opened := ledger.Stats().Opened

	none, err := b.TryRecv(make([]byte, 16))
	require.Equal(t, fdpass.ErrWouldBlock, err)
	require.Zero(t, none)
	require.NoError(t, a.Close())
	none, err = b.Recv(make([]byte, 16))
	require.Error(t, err)
	require.Zero(t, none)
	require.Equal(t, opened, ledger.Stats().Opened)
	closeAll(t, ledger, got.FDs)
}

// A socket that cannot be read for another reason returns the system's error, and no empty read.
func TestRecvReturnsTheSystemsError(t *testing.T) {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	require.NoError(t, err)
	unix.CloseOnExec(fd)
	l := link(t, adopt(t, fd), nil) // which nobody is connected to
	got, err := l.TryRecv(make([]byte, 1))
	require.Zero(t, got)
	require.NotErrorIs(t, err, os.ErrDeadlineExceeded)
	require.Contains(t, []error{unix.EINVAL, unix.ENOTCONN}, err)
}
