//go:build linux

package fdpass_test

import (
	"bytes"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoff-go/handoff/internal/fdpass"
)

func TestReadDeadlineEndsOnlyRecv(t *testing.T) {
	a, b, _ := linkPair(t)
	buf := make([]byte, 16)
	require.NoError(t, b.SetReadDeadline(time.Now().Add(time.Millisecond)))
	_, err := b.Recv(buf)
	require.Equal(t, os.ErrDeadlineExceeded, err)

	_, err = a.TrySend([]byte("late"), -1)
	require.NoError(t, err)
	got, err := b.TryRecv(buf)
	require.NoError(t, err, "TryRecv ignores the deadline")
	require.Equal(t, "late", string(buf[:got.N]))
	_, err = b.Recv(buf)
	require.Equal(t, os.ErrDeadlineExceeded, err)

	require.NoError(t, b.SetReadDeadline(time.Time{}))
	later := time.AfterFunc(time.Millisecond, func() { a.TrySend([]byte("later"), -1) })
	defer later.Stop()
	got, err = b.Recv(buf)
	require.NoError(t, err)
	require.Equal(t, "later", string(buf[:got.N]))
}

func TestDeadlineBoundsAWholeSendAll(t *testing.T) {
	a, b, _ := linkPair(t)
	large, buf := make([]byte, 1<<20), make([]byte, 20_000)
	past := time.Now().Add(-time.Second)
	n, err := a.SendAll([]byte("fits"), -1, past)
	require.NoError(t, err, "a send that need not wait ignores the deadline")
	require.Equal(t, 4, n)
	n, err = a.SendAll(large, -1, past)
	require.Equal(t, os.ErrDeadlineExceeded, err)
	require.Greater(t, n, 0)
	require.Less(t, n, len(large))

	// A reader that makes a little room now and then does not extend the deadline.
	stop := make(chan struct{})
	received := 0
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(time.Millisecond):
				got, _ := b.TryRecv(buf)
				received += got.N
			}
		}
	})
	sent := 4 + n
	n, err = a.SendAll(large, -1, time.Now().Add(30*time.Millisecond))
	close(stop)
	wg.Wait()
	require.Equal(t, os.ErrDeadlineExceeded, err)
	sent += n

	require.NoError(t, a.Close())
	for {
		got, err := b.Recv(large)
		if err == io.EOF {
			break
		}
		require.NoError(t, err)
		received += got.N
	}
	require.Equal(t, sent, received, "SendAll returns how many bytes it sent")
}

func TestTrySendNeverSplitsASendAll(t *testing.T) {
	a, b, _ := linkPair(t)
	whole := bytes.Repeat([]byte{2}, 1<<20)
	rest := make(chan error, 1)
	go func() {
		_, err := a.SendAll(whole, -1, testDeadline())
		rest <- err
	}()
	var all []byte
	buf := make([]byte, 5_000)
	for sent := len(whole); len(all) < sent; {
		n, err := a.TrySend([]byte{1}, -1)
		if err != fdpass.ErrWouldBlock {
			require.NoError(t, err)
			sent += n
		}
		got, err := b.TryRecv(buf)
		if err != fdpass.ErrWouldBlock {
			require.NoError(t, err)
			all = append(all, buf[:got.N]...)
		}
		if len(all)-bytes.IndexByte(all, 2) >= len(whole) {
			sent = len(all)
		}
	}
	require.NoError(t, <-rest)
	first := bytes.IndexByte(all, 2)
	require.True(t, bytes.Equal(whole, all[first:first+len(whole)]), "a TrySend wrote between the bytes of a SendAll")
}

func TestAwaitHangupAfterShutdownRead(t *testing.T) {
	a, b, _ := linkPair(t)
	require.Equal(t, os.ErrDeadlineExceeded, a.AwaitHangup(time.Now().Add(time.Millisecond)))
	require.NoError(t, a.ShutdownRead())
	require.Equal(t, os.ErrDeadlineExceeded, a.AwaitHangup(time.Now().Add(time.Millisecond)), "the peer has not closed its end")
	_, err := a.TrySend([]byte("never read"), -1)
	require.NoError(t, err)
	later := time.AfterFunc(time.Millisecond, func() { b.Close() })
	defer later.Stop()
	require.NoError(t, a.AwaitHangup(testDeadline()))
	require.NoError(t, a.AwaitHangup(testDeadline()), "again")
	require.NoError(t, a.Close())
	require.Equal(t, net.ErrClosed, a.AwaitHangup(testDeadline()))
}

func TestShutdownReadWakesRecv(t *testing.T) {
	_, b, _ := linkPair(t)
	ended := make(chan error, 1)
	go func() {
		_, err := b.Recv(make([]byte, 1))
		ended <- err
	}()
	time.Sleep(time.Millisecond)
	require.NoError(t, b.ShutdownRead())
	require.Equal(t, io.EOF, <-ended)
	require.NoError(t, b.ShutdownRead(), "again")
}

func TestTryRecvBesideAWaitingRecv(t *testing.T) {
	a, b, _ := linkPair(t)
	ended := make(chan error, 1)
	go func() {
		_, err := b.Recv(make([]byte, 1))
		ended <- err
	}()
	time.Sleep(time.Millisecond)
	_, err := b.TryRecv(make([]byte, 1))
	require.Equal(t, fdpass.ErrWouldBlock, err)
	_, err = a.TrySend([]byte{1}, -1)
	require.NoError(t, err)
	require.NoError(t, <-ended)
}

func TestCloseEndsEveryWait(t *testing.T) {
	large := make([]byte, 1<<20)
	for i := range repeats(300, 50) {
		x, y := sockets(t)
		a, b := link(t, x, nil), link(t, y, nil)
		require.NoError(t, a.SetReadDeadline(time.Time{}))
		_, err := a.TrySend(large, -1)
		require.NoError(t, err)
		var wg sync.WaitGroup
		started := make(chan struct{}, 2)
		ends := make(chan error, 2)
		wg.Go(func() {
			started <- struct{}{}
			_, err := a.Recv(make([]byte, 1))
			ends <- err
		})
		wg.Go(func() {
			started <- struct{}{}
			_, err := a.SendAll(large, -1, time.Time{})
			ends <- err
		})
		<-started
		<-started
		if i%2 == 0 {
			time.Sleep(50 * time.Microsecond) // by now they wait; in the other rounds they may not have begun
		}
		require.NoError(t, a.Close())
		wg.Wait()
		require.Equal(t, net.ErrClosed, <-ends)
		require.Equal(t, net.ErrClosed, <-ends)
		requireClosed(t, a)
		require.NoError(t, b.Close())
	}
}

func requireClosed(t testing.TB, l *fdpass.Link) {
	t.Helper()
	buf := make([]byte, 1)
	for name, call := range map[string]func() error{
		"Recv":            func() error { _, err := l.Recv(buf); return err },
		"TryRecv":         func() error { _, err := l.TryRecv(buf); return err },
		"TrySend":         func() error { _, err := l.TrySend(buf, -1); return err },
		"SendAll":         func() error { _, err := l.SendAll(buf, -1, testDeadline()); return err },
		"SetReadDeadline": func() error { return l.SetReadDeadline(testDeadline()) },
		"ShutdownRead":    l.ShutdownRead,
		"PeerCredentials": func() error { _, err := l.PeerCredentials(); return err },
		"Close":           l.Close,
	} {
		require.Equal(t, net.ErrClosed, call(), name)
	}
}

// A SendAll of the peer that waits for room when this end shuts its reading down waits on.
// It fails once this end has read the queue.
func TestShutdownReadDoesNotWakeTheWaitingPeer(t *testing.T) {
	a, b, _ := linkPair(t)
	result := make(chan error, 1)
	sent := make(chan int, 1)
	go func() {
		n, err := a.SendAll(make([]byte, 1<<20), -1, testDeadline())
		sent <- n
		result <- err
	}()
	buf := make([]byte, 64)
	_, err := b.Recv(buf) // the SendAll has begun, and has more to send than the queue takes
	require.NoError(t, err)
	time.Sleep(5 * time.Millisecond)
	require.NoError(t, b.ShutdownRead())
	select {
	case err := <-result:
		t.Fatalf("the waiting SendAll returned %v", err)
	case <-time.After(20 * time.Millisecond):
	}
	received, buf := len(buf), make([]byte, 50_000)
	for {
		got, err := b.Recv(buf)
		if err == io.EOF {
			break
		}
		require.NoError(t, err)
		received += got.N
	}
	require.Equal(t, syscall.EPIPE, <-result)
	require.Equal(t, <-sent, received)
}
