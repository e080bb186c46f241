//go:build linux || darwin

package passing_test

import (
	"io"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/handoff-go/handoff/internal/passing"
)

func TestADescriptorRidesOnTheFirstByte(t *testing.T) {
	a, b, ledger := pair(t)
	sent := open(t)
	n, err := a.Send([]byte("offer"), sent)
	require.NoError(t, err)
	require.Equal(t, 5, n)

	buf := make([]byte, 16)
	got, err := b.Recv(buf)
	require.NoError(t, err)
	require.Equal(t, "offer", string(buf[:got.N]))
	require.False(t, got.Truncated)
	require.Len(t, got.FDs, 1)
	requireSame(t, sent, got.FDs[0])
	flags, err := unix.FcntlInt(uintptr(got.FDs[0]), unix.F_GETFD, 0)
	require.NoError(t, err)
	require.NotZero(t, flags&unix.FD_CLOEXEC, "close-on-exec")

	require.Equal(t, passing.Stats{Opened: 1, Open: 1}, ledger.Stats())
	closeAll(t, ledger, got.FDs)
	require.Equal(t, passing.Stats{Opened: 1, Closed: 1}, ledger.Stats())
}

func TestNothingToReadAndTheEnd(t *testing.T) {
	a, b, _ := pair(t)
	buf := make([]byte, 16)
	_, err := b.TryRecv(buf)
	require.Equal(t, passing.ErrWouldBlock, err)

	_, err = a.Send([]byte("last"), -1)
	require.NoError(t, err)
	require.NoError(t, a.Close())
	got, err := b.TryRecv(buf)
	require.NoError(t, err)
	require.Equal(t, "last", string(buf[:got.N]))
	require.Nil(t, got.FDs)
	_, err = b.TryRecv(buf)
	require.Equal(t, io.EOF, err)
	_, err = b.Recv(buf)
	require.Equal(t, io.EOF, err, "again and again")
}
