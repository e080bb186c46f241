package link_test

import (
	"io"
	"net"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

	"github.com/handoff-go/handoff/cmd/handoff/internal/link"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// pair returns both ends of a link.
func pair(t *testing.T) (broker, backend *link.Conn) {
	broker, file, err := link.Pair()
	require.NoError(t, err)
	backend, err = link.FromFile(file)
	require.NoError(t, err)
	for _, c := range []*link.Conn{broker, backend} {
		t.Cleanup(func() { require.NoError(t, c.Close()) })
		require.NoError(t, c.SetReceiveDeadline(time.Now().Add(time.Minute)))
	}
	return broker, backend
}

// rawPair returns a backend's end and a socket in place of its broker.
func rawPair(t *testing.T) (*net.UnixConn, *link.Conn) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	require.NoError(t, err)
	backend, err := link.FromFile(os.NewFile(uintptr(fds[0]), "backend"))
	require.NoError(t, err)
	file := os.NewFile(uintptr(fds[1]), "broker")
	conn, err := net.FileConn(file)
	require.NoError(t, err)
	require.NoError(t, file.Close())
	t.Cleanup(func() {
		require.NoError(t, conn.Close())
		require.NoError(t, backend.Close())
	})
	require.NoError(t, backend.SetReceiveDeadline(time.Now().Add(time.Minute)))
	return conn.(*net.UnixConn), backend
}

// accepted returns a client and the broker's side of its connection.
func accepted(t *testing.T) (client, broker *net.TCPConn) {
	listener, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	defer listener.Close()
	client, err = net.DialTCP("tcp", nil, listener.Addr().(*net.TCPAddr))
	require.NoError(t, err)
	broker, err = listener.AcceptTCP()
	require.NoError(t, err)
	t.Cleanup(func() { client.Close(); broker.Close() })
	require.NoError(t, client.SetDeadline(time.Now().Add(time.Minute)))
	return client, broker
}

// open counts the descriptors of this process.
func open(t *testing.T) int {
	entries, err := os.ReadDir("/proc/self/fd")
	require.NoError(t, err)
	return len(entries)
}

func TestOffersBringTheConnectionsThatTheyAreAbout(t *testing.T) {
	broker, backend := pair(t)
	const offers = 5
	var clients []*net.TCPConn
	for i := range offers {
		client, conn := accepted(t)
		clients = append(clients, client)
		offer := link.Frame{Kind: link.Offer, ID: uint64(i), Token: token(t, 7), Connection: uint32(i), Attempt: 1}
		require.NoError(t, broker.SendOffer(offer, conn))
		// Frames without a descriptor in between must not shift the others.
		require.NoError(t, broker.Send(link.Frame{Kind: link.Answer, ID: uint64(i), Verdict: link.Commit}))
		require.NoError(t, conn.Close(), "the sender's copy is its own to close")
	}
	for i := range offers {
		offer, descriptor, err := backend.Receive()
		require.NoError(t, err)
		require.EqualValues(t, i, offer.Connection)
		conn, err := descriptor.Conn()
		require.NoError(t, err)
		_, err = conn.Write([]byte{byte('a' + i)})
		require.NoError(t, err)
		require.NoError(t, conn.Close())
		verdict, descriptor, err := backend.Receive()
		require.NoError(t, err)
		require.Equal(t, link.None, descriptor)
		require.Equal(t, link.Commit, verdict.Verdict)
	}
	for i, client := range clients {
		got, err := io.ReadAll(client)
		require.NoError(t, err, "every copy is closed")
		require.Equal(t, string(rune('a'+i)), string(got))
	}
}

func TestClosingACopyLeavesTheConnection(t *testing.T) {
	broker, backend := pair(t)
	client, conn := accepted(t)
	require.NoError(t, broker.SendOffer(link.Frame{Kind: link.Offer, ID: 1, Token: token(t, 7)}, conn))
	_, descriptor, err := backend.Receive()
	require.NoError(t, err)
	require.NoError(t, descriptor.Close())
	_, err = conn.Write([]byte("still here"))
	require.NoError(t, err)
	require.NoError(t, conn.Close())
	got, err := io.ReadAll(client)
	require.NoError(t, err)
	require.Equal(t, "still here", string(got))
}

func TestDescriptorsThatAreNotReceivedAreClosed(t *testing.T) {
	broker, backend := rawPair(t)
	_, conn := accepted(t)
	raw, err := conn.SyscallConn()
	require.NoError(t, err)
	before := open(t)
	offer := encode(t, link.Frame{Kind: link.Offer, ID: 1, Token: token(t, 7)})
	require.NoError(t, raw.Control(func(fd uintptr) {
		_, _, err := broker.WriteMsgUnix(offer[:20], unix.UnixRights(int(fd)), nil)
		require.NoError(t, err)
	}))
	require.NoError(t, broker.CloseWrite())
	_, _, err = backend.Receive()
	require.ErrorIs(t, err, io.ErrUnexpectedEOF, "the descriptor came, the rest of its offer did not")
	require.Equal(t, before+1, open(t))
	require.NoError(t, backend.Close())
	require.Equal(t, before-1, open(t), "it went with the link")
	require.NoError(t, backend.Close(), "again: nothing")
}

func TestLyingPeersCostTheirLinkAndNoDescriptor(t *testing.T) {
	offer := link.Frame{Kind: link.Offer, ID: 1, Token: token(t, 7)}
	_, conn := accepted(t)
	raw, err := conn.SyscallConn()
	require.NoError(t, err)
	for name, send := range map[string]func(to *net.UnixConn, fd int) error{
		"an offer without a descriptor": func(to *net.UnixConn, _ int) error {
			_, err := to.Write(encode(t, offer))
			return err
		},
		"two descriptors at once": func(to *net.UnixConn, fd int) error {
			_, _, err := to.WriteMsgUnix(encode(t, offer), unix.UnixRights(fd, fd), nil)
			return err
		},
		"more than fit": func(to *net.UnixConn, fd int) error {
			_, _, err := to.WriteMsgUnix(encode(t, offer), unix.UnixRights(fd, fd, fd, fd, fd, fd, fd, fd, fd), nil)
			return err
		},
		"one with every byte": func(to *net.UnixConn, fd int) error {
			for _, b := range encode(t, offer) {
				if _, _, err := to.WriteMsgUnix([]byte{b}, unix.UnixRights(fd), nil); err != nil {
					return err
				}
			}
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			broker, backend := rawPair(t)
			before := open(t)
			require.NoError(t, raw.Control(func(fd uintptr) { require.NoError(t, send(broker, int(fd))) }))
			_, descriptor, err := backend.Receive()
			var bad *link.FrameError
			require.ErrorAs(t, err, &bad)
			require.Equal(t, link.None, descriptor)
			require.NoError(t, backend.Close())
			require.Equal(t, before-1, open(t), "only the link itself is gone")
		})
	}
}

func TestBrokersTakeNoDescriptors(t *testing.T) {
	broker, backend := pair(t)
	_, conn := accepted(t)
	before := open(t)
	require.NoError(t, backend.SendOffer(link.Frame{Kind: link.Offer, ID: 1, Token: token(t, 7)}, conn))
	_, _, err := broker.Receive()
	var bad *link.FrameError
	require.ErrorAs(t, err, &bad)
	require.Equal(t, before, open(t))
}

func TestHalfClosedLinksAreStillRead(t *testing.T) {
	broker, backend := pair(t)
	require.NoError(t, broker.CloseWrite())
	_, _, err := backend.Receive()
	require.ErrorIs(t, err, io.EOF)
	require.NoError(t, backend.Send(link.Frame{Kind: link.Ack, ID: 3, Token: token(t, 7)}))
	f, _, err := broker.Receive()
	require.NoError(t, err)
	require.Equal(t, link.Frame{Kind: link.Ack, ID: 3, Token: token(t, 7)}, f)
}

func TestSendFailsOnAClosedLink(t *testing.T) {
	broker, backend := pair(t)
	_, conn := accepted(t)
	require.NoError(t, backend.Close())
	require.Error(t, broker.Send(link.Frame{Kind: link.Answer, ID: 1, Verdict: link.Revoke}))
	require.NoError(t, broker.Close())
	err := broker.SendOffer(link.Frame{Kind: link.Offer, ID: 1, Token: token(t, 7)}, conn)
	require.ErrorIs(t, err, net.ErrClosed)
	require.NoError(t, conn.Close())
	require.ErrorIs(t, broker.SendOffer(link.Frame{Kind: link.Offer, ID: 1, Token: token(t, 7)}, conn), net.ErrClosed)
}

func TestPeersThatDieUnreadAreAnError(t *testing.T) {
	broker, backend := pair(t)
	require.NoError(t, broker.Send(link.Frame{Kind: link.Answer, ID: 1, Verdict: link.Revoke}))
	require.NoError(t, backend.Send(link.Frame{Kind: link.Ack, ID: 1, Token: token(t, 7)}))
	require.NoError(t, backend.Close())
	f, _, err := broker.Receive()
	require.NoError(t, err, "what it had sent before stays readable")
	require.Equal(t, link.Ack, f.Kind)
	_, _, err = broker.Receive()
	require.ErrorIs(t, err, unix.ECONNRESET)
}
