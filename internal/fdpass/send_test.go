//go:build linux

package fdpass_test

import (
	"bytes"
	"io"
	"net"
	"os"
	"os/signal"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/handoff-go/handoff/internal/fdpass"
)

func TestTrySendIntoAFullQueueIsPartial(t *testing.T) {
	a, b, ledger := linkPair(t)
	want := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
	n, err := a.TrySend(want, memfile(t, "passed"))
	require.NoError(t, err)
	require.Greater(t, n, 0)
	require.Less(t, n, len(want))
	_, err = a.TrySend(want[n:], -1)
	require.Equal(t, fdpass.ErrWouldBlock, err)

	rest := make(chan error, 1)
	go func() {
		m, err := a.SendAll(want[n:], -1, testDeadline())
		if err == nil && m != len(want)-n {
			err = io.ErrShortWrite
		}
		rest <- err
	}()
	var all []byte
	buf := make([]byte, 10_000)
	for len(all) < len(want) {
		got, err := b.Recv(buf)
		require.NoError(t, err)
		if all == nil {
			require.Len(t, got.FDs, 1)
			closeAll(t, ledger, got.FDs)
		} else {
			require.Nil(t, got.FDs)
		}
		all = append(all, buf[:got.N]...)
	}
	require.NoError(t, <-rest)
	require.True(t, bytes.Equal(want, all))
}

func TestDescriptorIsSentOnce(t *testing.T) {
	for _, c := range []struct {
		claim string
		ahead int // bytes queued before
	}{{"the first write is cut short", 0}, {"the queue is full at first", 1 << 20}} {
		t.Run(c.claim, func(t *testing.T) {
			a, b, ledger := linkPair(t)
			if c.ahead > 0 {
				n, err := a.TrySend(make([]byte, c.ahead), -1)
				require.NoError(t, err)
				c.ahead = n
			}
			whole, passed := make([]byte, 1<<20), memfile(t, "passed")
			ended := make(chan error, 1)
			go func() {
				_, err := a.SendAll(whole, passed, testDeadline())
				ended <- err
			}()
			time.Sleep(time.Millisecond) // now SendAll waits
			buf := make([]byte, 50_000)
			for received := 0; received < c.ahead+len(whole); {
				got, err := b.Recv(buf)
				require.NoError(t, err)
				received += got.N
				closeAll(t, ledger, got.FDs)
			}
			require.NoError(t, <-ended)
			require.Equal(t, fdpass.Stats{Opened: 1, Closed: 1}, ledger.Stats())
		})
	}
}

func TestFailedSendRaisesNoSignal(t *testing.T) {
	a, b, _ := linkPair(t)
	require.NoError(t, b.Close())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGPIPE)
	_, err := a.TrySend([]byte("offer"), -1)
	signal.Stop(signals) // Stop returns only once a pending signal has been delivered
	require.Equal(t, syscall.EPIPE, err)
	require.Empty(t, signals)
}

func TestLinkOnABlockingSocketDoesNotBlock(t *testing.T) {
	x, y := sockets(t)
	a, b := link(t, x, nil), link(t, y, nil)
	for _, c := range []*net.UnixConn{x, y} {
		withFD(t, c, func(fd int) { require.NoError(t, unix.SetNonblock(fd, false)) })
	}
	// If a call blocked in the kernel, this would end it, with another error.
	late := time.AfterFunc(10*time.Second, func() { x.CloseRead(); x.CloseWrite() })
	defer late.Stop()
	_, err := b.TryRecv(make([]byte, 1))
	require.Equal(t, fdpass.ErrWouldBlock, err)
	large := make([]byte, 1<<20)
	_, err = a.TrySend(large, -1)
	require.NoError(t, err)
	_, err = a.TrySend(large, -1)
	require.Equal(t, fdpass.ErrWouldBlock, err)
}

func TestTrySendReturnsTheSystemsError(t *testing.T) {
	a, b, _ := linkPair(t)
	closed, err := unix.Dup(0)
	require.NoError(t, err)
	require.NoError(t, unix.Close(closed))
	_, err = a.TrySend([]byte("offer"), closed)
	require.Equal(t, syscall.EBADF, err)
	_, err = a.TrySend(nil, 0)
	require.Equal(t, syscall.EINVAL, err)
	_, err = b.TryRecv(make([]byte, 1))
	require.Equal(t, fdpass.ErrWouldBlock, err, "nothing was sent")
	_, err = b.Recv(nil)
	require.Equal(t, io.ErrShortBuffer, err, "an empty read is not the end of file")

	_, err = a.TrySend([]byte("unread"), -1)
	require.NoError(t, err)
	require.NoError(t, b.Close())
	_, err = a.TrySend([]byte("offer"), -1)
	require.Contains(t, []error{syscall.ECONNRESET, syscall.EPIPE}, err)
}
