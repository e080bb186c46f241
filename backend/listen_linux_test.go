package backend_test

import (
	"context"
	"errors"
	"io"
	"math"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/handoff-go/handoff/backend"
	"github.com/handoff-go/handoff/wire"
	"github.com/stretchr/testify/require"
)

// Services start in any order.
func TestListenWaitsForItsBroker(t *testing.T) {
	path := filepath.Join(t.TempDir(), "control")
	tried := make(chan error, 1)
	o := backend.Options{Trace: func(e backend.Event) {
		if e.Op == backend.OpDialControl && e.Err != nil {
			select {
			case tried <- e.Err:
			default:
			}
		}
	}}
	listened := make(chan error, 1)
	go func() {
		ln, err := backend.Listen(context.Background(), path, service, o)
		if err == nil {
			ln.Close()
		}
		listened <- err
	}()
	require.ErrorIs(t, <-tried, syscall.ENOENT)
	gone, err := net.Listen("unix", path)
	require.NoError(t, err)
	gone.(*net.UnixListener).SetUnlinkOnClose(false)
	gone.Close()
	for err := range tried { // one may be left from before
		if !errors.Is(err, syscall.ENOENT) {
			require.ErrorIs(t, err, syscall.ECONNREFUSED)
			break
		}
	}
	require.NoError(t, os.Remove(path))
	newBrokerAt(t, path, wire.ModeLease).welcome()
	require.NoError(t, <-listened)
}

func TestListenWithoutABrokerEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	path := filepath.Join(t.TempDir(), "nobody")
	_, err := backend.Listen(ctx, path, service, backend.Options{Trace: func(e backend.Event) {
		if e.Op == backend.OpDialControl {
			cancel()
		}
	}})
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, err, syscall.ENOENT)
	require.ErrorContains(t, err, path)
}

// Waiting helps only where a broker may come.
func TestListenFailsAtOnceWhereNoBrokerCanBe(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, err := backend.Listen(context.Background(), filepath.Join(file, "control"), service, backend.Options{})
	require.ErrorIs(t, err, syscall.ENOTDIR)
}

func TestListenEndsWithItsHandshakeLimitAndItsContext(t *testing.T) {
	b := newBroker(t, wire.ModeLease)
	_, err := backend.Listen(context.Background(), b.path, service, backend.Options{Handshake: 50 * time.Millisecond})
	require.ErrorIs(t, err, context.DeadlineExceeded)
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(20*time.Millisecond, cancel)
	_, err = backend.Listen(ctx, b.path, service, backend.Options{})
	require.ErrorIs(t, err, context.Canceled)
}

func TestListenReturnsTheReasonOfTheBrokersBye(t *testing.T) {
	b := newBroker(t, wire.ModeLease)
	refused := make(chan error, 1)
	go func() {
		_, err := backend.Listen(context.Background(), b.path, service, backend.Options{})
		refused <- err
	}()
	b.accept()
	b.send(&wire.Bye{Reason: wire.ByeForbidden, Detail: "not you"})
	var e *backend.RefusedError
	require.ErrorAs(t, <-refused, &e)
	require.Equal(t, wire.ByeForbidden, e.Reason)
	require.Equal(t, "not you", e.Detail)
}

func TestListenRefusesNegativeOptions(t *testing.T) {
	for _, o := range []backend.Options{{Queue: -1}, {MaxInFlight: -1}, {WriteTimeout: -1}, {Handshake: -1}, {RedialMin: -1}, {RedialMax: -1}} {
		_, err := backend.Listen(context.Background(), "x", service, o)
		var e *backend.OptionError
		require.ErrorAs(t, err, &e)
	}
	_, err := backend.Listen(context.Background(), "x", "No Name", backend.Options{})
	require.ErrorIs(t, err, wire.ErrService)
}

// Otherwise the broker would send offers that are rejected as busy. MaxInFlight overrides it.
func TestHelloAsksForAsManyOffersAsTheQueueHolds(t *testing.T) {
	for _, test := range []struct {
		queue, inFlight int
		want            uint32
	}{{0, 0, backend.DefaultQueue}, {3, 0, 3}, {3, 5, 5}, {math.MaxInt, 0, math.MaxInt32}} {
		b := newBroker(t, wire.ModeLease)
		done := make(chan error, 1)
		go func() {
			_, err := backend.Listen(context.Background(), b.path, service, backend.Options{Queue: test.queue, MaxInFlight: test.inFlight})
			done <- err
		}()
		b.accept()
		hello, ok := b.read().(*wire.LinkHello)
		require.True(t, ok)
		require.Equal(t, test.want, hello.MaxInFlight)
		require.NoError(t, b.link.link.Close())
		require.ErrorIs(t, <-done, io.EOF)
	}
}

func TestAcceptOutlivesItsBroker(t *testing.T) {
	b := newBroker(t, wire.ModeLease)
	ln := b.listen(backend.Options{RedialMin: time.Millisecond})
	accepted := startAccept(ln)
	for range 3 {
		require.NoError(t, b.link.link.Close())
		b.welcome()
	}
	o := b.offer(long)
	accept(t, accepted)
	b.readAck(o)
}

func TestCloseEndsEverythingThatIsNotAccepted(t *testing.T) {
	b := newBroker(t, wire.ModeCommitOnly)
	ln := b.listen(backend.Options{})
	accepted := startAccept(ln)
	unsure := b.offer(0)
	b.readAck(unsure)
	kept := b.offer(0)
	b.readAck(kept)
	b.commit(kept)
	c := accept(t, accepted)
	require.Equal(t, kept.client.LocalAddr(), c.RemoteAddr())
	accepted = startAccept(ln)
	taken, ready, other := b.offer(0), b.offer(0), b.offer(0)
	for _, o := range []offered{taken, ready, other} {
		b.readAck(o)
	}
	b.commit(taken)
	accept(t, accepted)
	b.commit(ready) // owned, and no Accept waits
	queued := b.offer(0)
	b.ping()
	require.NoError(t, ln.Close())
	b.readEOF()
	for _, o := range []offered{unsure, ready, other, queued} {
		o.readEnd(t)
	}
	_, err := ln.Accept()
	require.ErrorIs(t, err, net.ErrClosed)
	require.NoError(t, ln.Close())
	_, err = c.Write([]byte("x"))
	require.NoError(t, err)
}

func TestCloseEndsRedialling(t *testing.T) {
	b := newBroker(t, wire.ModeLease)
	ln := b.listen(backend.Options{RedialMin: time.Hour, RedialMax: time.Hour})
	require.NoError(t, b.link.link.Close())
	time.Sleep(10 * time.Millisecond)
	require.NoError(t, ln.Close())
}

func TestDrainWaitsForUndecidedOffers(t *testing.T) {
	b := newBroker(t, wire.ModeCommitOnly)
	ln := b.listen(backend.Options{})
	accepted := startAccept(ln)
	o := b.offer(0)
	b.readAck(o)
	drained := make(chan error, 1)
	go func() { drained <- ln.Drain(context.Background()) }()
	require.Equal(t, &wire.Draining{}, b.read())
	select {
	case <-drained:
		require.Fail(t, "drained with an offer undecided")
	case <-time.After(20 * time.Millisecond):
	}
	b.commit(o)
	b.send(&wire.Bye{Reason: wire.ByeClosing})
	require.NoError(t, <-drained)
	accept(t, accepted)
	b.readEOF()
	_, err := ln.Accept()
	require.ErrorIs(t, err, net.ErrClosed)
}

func TestDrainEndsWithItsContext(t *testing.T) {
	b := newBroker(t, wire.ModeLease)
	ln := b.listen(backend.Options{})
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, ln.Drain(ctx), context.DeadlineExceeded)
}

func TestDrainWithoutALinkEndsAtOnce(t *testing.T) {
	b := newBroker(t, wire.ModeLease)
	ln := b.listen(backend.Options{RedialMin: time.Hour, RedialMax: time.Hour})
	require.NoError(t, b.link.link.Close())
	time.Sleep(10 * time.Millisecond)
	require.NoError(t, ln.Drain(context.Background()))
}
