package compat_test

import (
	"context"
	"encoding/hex"
	"io"
	"net"
	"path/filepath"
	"testing"
	"time"

	"github.com/handoff-go/handoff/compat"
	"github.com/handoff-go/handoff/internal/socktest"
	"github.com/handoff-go/handoff/wire"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// handBroker is a broker of the older form, made by hand.
type handBroker struct {
	*net.UnixConn
	client   *net.TCPConn
	fd       int
	accepted chan accepted
}

type accepted struct {
	*compat.Conn
	err error
}

func newHandBroker(t *testing.T, ctx context.Context) *handBroker {
	t.Helper()
	ours, theirs := unixPair(t)
	b := &handBroker{UnixConn: theirs, accepted: make(chan accepted, 1)}
	b.client, b.fd = rawPair(t)
	go func() {
		c, err := compat.Accept(ctx, ours, oldService)
		b.accepted <- accepted{c, err}
	}()
	return b
}

func (b *handBroker) send(t *testing.T, text string, fds ...int) {
	t.Helper()
	data, err := hex.DecodeString(text)
	require.NoError(t, err)
	var rights []byte
	if len(fds) > 0 {
		rights = unix.UnixRights(fds...)
	}
	_, _, err = b.WriteMsgUnix(data, rights, nil)
	require.NoError(t, err)
}

func (b *handBroker) closeCopy(t *testing.T) { closeFD(t, b.fd) }

func TestAcceptByteForByte(t *testing.T) {
	for name, offer := range map[string]string{"4.5.5": oldOffer, "later": laterOffer} {
		t.Run(name, func(t *testing.T) {
			b := newHandBroker(t, context.Background())
			b.send(t, oldToken, b.fd)
			b.send(t, offer)
			b.closeCopy(t)
			ack := make([]byte, 39)
			_, err := io.ReadFull(b, ack)
			require.NoError(t, err)
			require.Equal(t, oldAck, hex.EncodeToString(ack))
			a := <-b.accepted
			require.NoError(t, a.err)
			require.Equal(t, oldService, a.Info().Service)
			_, err = io.WriteString(a, "mine")
			require.NoError(t, err)
			require.NoError(t, a.Close())
			got, err := io.ReadAll(b.client)
			require.NoError(t, err)
			require.Equal(t, "mine", string(got))
		})
	}
}

func TestAcceptInPieces(t *testing.T) {
	b := newHandBroker(t, context.Background())
	b.send(t, oldToken[:2], b.fd)
	for i := 2; i < len(oldToken); i += 2 {
		b.send(t, oldToken[i:i+2])
	}
	for i := 0; i < len(oldOffer); i += 2 {
		b.send(t, oldOffer[i:i+2])
	}
	b.closeCopy(t)
	a := <-b.accepted
	require.NoError(t, a.err)
	require.NoError(t, a.Close())
}

// What is acknowledged waits for room as long as the caller does.
func TestAcceptWaitsForADescriptor(t *testing.T) {
	for _, roomComes := range []bool{true, false} {
		ctx, cancel := context.WithCancel(t.Context())
		b := newHandBroker(t, ctx)
		room := socktest.LeaveDescriptors(t, 1)
		b.send(t, oldToken, b.fd)
		b.send(t, oldOffer)
		_, err := io.ReadFull(b, make([]byte, len(oldAck)/2))
		require.NoError(t, err)
		time.Sleep(50 * time.Millisecond)
		require.Empty(t, b.accepted)
		if roomComes {
			room()
		} else {
			cancel()
		}
		got := <-b.accepted
		cancel()
		room()
		b.closeCopy(t)
		if roomComes {
			require.NoError(t, got.err)
			require.NoError(t, got.Close())
		} else {
			require.ErrorIs(t, got.err, context.Canceled)
		}
		requireEnded(t, b.client)
	}
}

func TestAcceptRefusesWhatIsWrong(t *testing.T) {
	const otherToken = "ff0102030405060708090a0b0c0d0e0f"
	cases := map[string]struct {
		token  string
		fds    int
		offer  string
		reason wire.Reason // 0: the link ends without an answer
	}{
		"another token":   {otherToken, 1, oldOffer, wire.ReasonIntegrityMismatch},
		"no descriptor":   {oldToken, 0, oldOffer, wire.ReasonDescriptorMissing},
		"a zero token":    {"00000000000000000000000000000000", 1, oldOffer, wire.ReasonIntegrityMismatch},
		"garbage":         {oldToken, 1, "ffffffffff", 0},
		"another message": {oldToken, 1, oldAck, 0},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			b := newHandBroker(t, context.Background())
			b.send(t, test.token, []int{b.fd}[:test.fds]...)
			b.closeCopy(t)
			b.send(t, test.offer)
			frame, err := wire.ReadFrame(b, wire.MaxControl)
			if test.reason == 0 {
				require.Error(t, err)
			} else {
				require.NoError(t, err)
				m, err := wire.Parse(frame)
				require.NoError(t, err)
				require.False(t, m.(*wire.Ack).Accepted)
				require.Equal(t, test.reason, m.(*wire.Ack).Reason)
			}
			a := <-b.accepted
			require.Error(t, a.err)
			requireEnded(t, b.client)
		})
	}
}

func TestAcceptClosesSurplusDescriptors(t *testing.T) {
	b := newHandBroker(t, context.Background())
	other, fd := rawPair(t)
	b.send(t, oldToken, b.fd, fd)
	b.closeCopy(t)
	b.send(t, oldOffer, fd)
	closeFD(t, fd)
	a := <-b.accepted
	require.NoError(t, a.err)
	requireEnded(t, other)
	require.NoError(t, a.Close())
}

func TestAcceptOfASilentBroker(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	b := newHandBroker(t, ctx)
	b.send(t, oldToken, b.fd)
	b.closeCopy(t)
	require.ErrorIs(t, (<-b.accepted).err, context.DeadlineExceeded)
	requireEnded(t, b.client)
}

func TestListenerOutlivesBadBrokers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "control")
	control, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	require.NoError(t, err)
	ln, err := compat.Listen(control, oldService, compat.Options{Handshake: 5 * time.Second})
	require.NoError(t, err)
	require.Equal(t, path, ln.Addr().String())
	for range 5 {
		silent, err := net.Dial("unix", path)
		require.NoError(t, err)
		defer silent.Close()
	}
	link, err := net.DialUnix("unix", nil, &net.UnixAddr{Name: path, Net: "unix"})
	require.NoError(t, err)
	client, fd := rawPair(t)
	b := handBroker{UnixConn: link}
	b.send(t, oldToken, fd)
	b.send(t, oldOffer)
	closeFD(t, fd)
	c, err := ln.Accept()
	require.NoError(t, err)
	require.NoError(t, c.Close())
	requireEnded(t, client)
	link.Close()

	link, err = net.DialUnix("unix", nil, &net.UnixAddr{Name: path, Net: "unix"})
	require.NoError(t, err)
	client, fd = rawPair(t)
	b = handBroker{UnixConn: link}
	b.send(t, oldToken, fd) // half a handoff
	closeFD(t, fd)
	require.Eventually(t, func() bool { return ln.Descriptors().Open == 1 }, hang, time.Millisecond)
	require.NoError(t, ln.Close())
	requireEnded(t, client)
	link.Close()
	_, err = ln.Accept()
	require.ErrorIs(t, err, net.ErrClosed)
	require.Zero(t, ln.Descriptors().Open)
}
