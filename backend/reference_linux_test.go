package backend_test

import (
	"context"
	"encoding/hex"
	"io"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/handoff-go/handoff/backend"
	"github.com/handoff-go/handoff/wire"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// The bytes of the reference, for the token 00 01 .. 0f and its service.
const (
	referenceService = "zccache"
	referenceToken   = "000102030405060708090a0b0c0d0e0f"
	referenceOffer   = "0127000000080118ffa103221d1210" + referenceToken + "1a077a63636163686520012801"
	laterOffer       = "0129000000080118ffa103221f08001210" + referenceToken + "1a077a63636163686520012801"
	referenceAck     = "01220000000801100118ffa10322160a10" + referenceToken + "100120012801"
)

// reference is a broker of the reference, made by hand.
type referenceBroker struct {
	*net.UnixConn
	client   *net.TCPConn
	fd       int
	accepted chan accepted
}

type accepted struct {
	*backend.Conn
	err error
}

func newReference(t *testing.T, ctx context.Context) *referenceBroker {
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
	b := &referenceBroker{UnixConn: ends[0], accepted: make(chan accepted, 1)}
	b.client, b.fd = tcpPair(t)
	go func() {
		c, err := backend.AcceptReference(ctx, ends[1], referenceService)
		b.accepted <- accepted{c, err}
	}()
	return b
}

func (b *referenceBroker) send(t *testing.T, text string, fds ...int) {
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

func (b *referenceBroker) closeCopy(t *testing.T) { closeFD(t, b.fd) }

func TestReferenceFormIsReceivedByteForByte(t *testing.T) {
	for name, offer := range map[string]string{"4.5.5": referenceOffer, "later": laterOffer} {
		t.Run(name, func(t *testing.T) {
			b := newReference(t, context.Background())
			b.send(t, referenceToken, b.fd)
			b.send(t, offer)
			b.closeCopy(t)
			ack := make([]byte, 39)
			_, err := io.ReadFull(b, ack)
			require.NoError(t, err)
			require.Equal(t, referenceAck, hex.EncodeToString(ack))
			a := <-b.accepted
			require.NoError(t, a.err)
			require.Equal(t, referenceService, a.Info().Service)
			_, err = io.WriteString(a, "mine")
			require.NoError(t, err)
			require.NoError(t, a.Close())
			got, err := io.ReadAll(b.client)
			require.NoError(t, err)
			require.Equal(t, "mine", string(got))
		})
	}
}

func TestReferenceFormInPieces(t *testing.T) {
	b := newReference(t, context.Background())
	b.send(t, referenceToken[:2], b.fd)
	for i := 2; i < len(referenceToken); i += 2 {
		b.send(t, referenceToken[i:i+2])
	}
	for i := 0; i < len(referenceOffer); i += 2 {
		b.send(t, referenceOffer[i:i+2])
	}
	b.closeCopy(t)
	a := <-b.accepted
	require.NoError(t, a.err)
	require.NoError(t, a.Close())
}

// What is acknowledged waits for room as long as the caller does.
func TestReferenceFormWaitsForADescriptor(t *testing.T) {
	for _, roomComes := range []bool{true, false} {
		ctx, cancel := context.WithCancel(t.Context())
		b := newReference(t, ctx)
		room := starve(t, 1)
		b.send(t, referenceToken, b.fd)
		b.send(t, referenceOffer)
		_, err := io.ReadFull(b, make([]byte, len(referenceAck)/2))
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
		offered{client: b.client}.ended(t)
	}
}

func TestReferenceFormThatIsWrong(t *testing.T) {
	const otherToken = "ff0102030405060708090a0b0c0d0e0f"
	cases := map[string]struct {
		token  string
		fds    int
		offer  string
		reason wire.Reason // 0: the link ends without an answer
	}{
		"another token":   {otherToken, 1, referenceOffer, wire.ReasonIntegrityMismatch},
		"no descriptor":   {referenceToken, 0, referenceOffer, wire.ReasonDescriptorMissing},
		"a zero token":    {"00000000000000000000000000000000", 1, referenceOffer, wire.ReasonIntegrityMismatch},
		"garbage":         {referenceToken, 1, "ffffffffff", 0},
		"another message": {referenceToken, 1, referenceAck, 0},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			b := newReference(t, context.Background())
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
			offered{client: b.client}.ended(t)
		})
	}
}

func TestReferenceFormSurplusIsClosed(t *testing.T) {
	b := newReference(t, context.Background())
	other, fd := tcpPair(t)
	b.send(t, referenceToken, b.fd, fd)
	b.closeCopy(t)
	b.send(t, referenceOffer, fd)
	closeFD(t, fd)
	a := <-b.accepted
	require.NoError(t, a.err)
	offered{client: other}.ended(t)
	require.NoError(t, a.Close())
}

func TestReferenceBrokerThatIsSilent(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	b := newReference(t, ctx)
	b.send(t, referenceToken, b.fd)
	b.closeCopy(t)
	require.ErrorIs(t, (<-b.accepted).err, context.DeadlineExceeded)
	offered{client: b.client}.ended(t)
}

func TestReferenceListenerOutlivesBadBrokers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "control")
	control, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	require.NoError(t, err)
	ln, err := backend.ListenReference(control, referenceService, backend.Options{Handshake: 5 * time.Second})
	require.NoError(t, err)
	require.Equal(t, path, ln.Addr().String())
	for range 5 {
		silent, err := net.Dial("unix", path)
		require.NoError(t, err)
		defer silent.Close()
	}
	link, err := net.DialUnix("unix", nil, &net.UnixAddr{Name: path, Net: "unix"})
	require.NoError(t, err)
	client, fd := tcpPair(t)
	b := referenceBroker{UnixConn: link}
	b.send(t, referenceToken, fd)
	b.send(t, referenceOffer)
	closeFD(t, fd)
	c, err := ln.Accept()
	require.NoError(t, err)
	require.NoError(t, c.Close())
	offered{client: client}.ended(t)
	link.Close()

	link, err = net.DialUnix("unix", nil, &net.UnixAddr{Name: path, Net: "unix"})
	require.NoError(t, err)
	client, fd = tcpPair(t)
	b = referenceBroker{UnixConn: link}
	b.send(t, referenceToken, fd) // half a handoff
	closeFD(t, fd)
	require.Eventually(t, func() bool { return ln.Descriptors().Open == 1 }, hang, time.Millisecond)
	require.NoError(t, ln.Close())
	offered{client: client}.ended(t)
	link.Close()
	_, err = ln.Accept()
	require.ErrorIs(t, err, net.ErrClosed)
	require.Zero(t, ln.Descriptors().Open)
}
