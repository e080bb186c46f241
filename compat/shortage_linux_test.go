package compat_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/handoff-go/handoff/compat"
	"github.com/handoff-go/handoff/internal/socktest"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// signaller is a log handler that tells of each warning.
type signaller chan error

func (signaller) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelWarn }
func (s signaller) WithAttrs([]slog.Attr) slog.Handler             { return s }
func (s signaller) WithGroup(string) slog.Handler                  { return s }

func (s signaller) Handle(_ context.Context, r slog.Record) error {
	r.Attrs(func(a slog.Attr) bool {
		if err, ok := a.Value.Any().(error); ok {
			select {
			case s <- err:
			default:
			}
		}
		return true
	})
	return nil
}

// A listener that finds no descriptor for a broker's connection takes it when there is one.
func TestListenerOutlivesAShortage(t *testing.T) {
	for name, closed := range map[string]bool{"and accepts": false, "and is closed": true} {
		t.Run(name, func(t *testing.T) {
			warnings := make(signaller, 1)
			path := filepath.Join(t.TempDir(), "control")
			ln, err := compat.Listen(listenUnix(t, path), oldService, compat.Options{Logger: slog.New(warnings)})
			require.NoError(t, err)
			client, fd := rawPair(t)
			link, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
			require.NoError(t, err)
			defer closeFD(t, link)
			room := socktest.LeaveDescriptors(t, 0)
			require.NoError(t, unix.Connect(link, &unix.SockaddrUnix{Name: path}))
			select {
			case err := <-warnings:
				require.ErrorIs(t, err, syscall.EMFILE)
			case <-time.After(hang):
				require.Fail(t, "no shortage was met")
			}
			if closed {
				require.NoError(t, ln.Close())
				_, err = ln.Accept()
				require.ErrorIs(t, err, net.ErrClosed)
				room()
				closeFD(t, fd)
				return
			}
			room()
			require.NoError(t, unix.Sendmsg(link, mustHex(t, oldToken), unix.UnixRights(fd), nil, 0))
			require.NoError(t, unix.Sendmsg(link, mustHex(t, oldOffer), nil, nil, 0))
			closeFD(t, fd)
			c, err := ln.Accept()
			require.NoError(t, err)
			require.NoError(t, c.Close())
			requireEnded(t, client)
			require.NoError(t, ln.Close())
		})
	}
}

// A listener whose socket fails in any other way ends with its error.
func TestListenerEndsWithItsSocket(t *testing.T) {
	control := listenUnix(t, filepath.Join(t.TempDir(), "control"))
	ln, err := compat.Listen(control, oldService, compat.Options{})
	require.NoError(t, err)
	require.NoError(t, control.SetDeadline(time.Unix(1, 0)))
	_, err = ln.Accept()
	require.ErrorIs(t, err, os.ErrDeadlineExceeded)
	require.NoError(t, ln.Close())
}

// A broker of the older form hands over what it has in blocking mode. Who accepts it can still use
// deadlines.
func TestAcceptOfABlockingDescriptor(t *testing.T) {
	b := newHandBroker(t, context.Background())
	require.NoError(t, unix.SetNonblock(b.fd, false))
	b.send(t, oldToken, b.fd)
	b.send(t, oldOffer)
	_, err := io.ReadFull(b, make([]byte, len(oldAck)/2))
	require.NoError(t, err)
	b.closeCopy(t)
	a := <-b.accepted
	require.NoError(t, a.err)
	// If the read blocked in the kernel, this byte would end it, and fail the test.
	late := time.AfterFunc(hang, func() { b.client.Write([]byte{1}) })
	defer late.Stop()
	require.NoError(t, a.SetReadDeadline(time.Now().Add(20*time.Millisecond)))
	_, err = a.Read(make([]byte, 1))
	require.ErrorIs(t, err, os.ErrDeadlineExceeded)
	require.NoError(t, a.Close())
}
