package backend_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"testing"
	"time"

	"github.com/handoff-go/handoff/backend"
	"github.com/handoff-go/handoff/internal/fdpass"
	"github.com/handoff-go/handoff/internal/socktest"
	"github.com/handoff-go/handoff/registry"
	"github.com/handoff-go/handoff/wire"
	"github.com/stretchr/testify/require"
)

// hang is how long a test waits before it fails because nothing comes: long, so that no test fails
// because the machine is slow.
const hang = 10 * time.Second

const service = "echo"

// broker is a fake broker. It sends what a test tells it to, whether the protocol allows it or not.
type broker struct {
	t       *testing.T
	path    string
	control *net.UnixListener
	mode    wire.Mode
	trace   recorder

	*link // the latest link
	sent  uint64
}

func newBroker(t *testing.T, mode wire.Mode) *broker {
	t.Helper()
	return newBrokerAt(t, filepath.Join(t.TempDir(), "control"), mode)
}

func newBrokerAt(t *testing.T, path string, mode wire.Mode) *broker {
	t.Helper()
	before := socktest.OpenSockets(t)
	t.Cleanup(func() {
		require.Eventually(t, func() bool { return socktest.OpenSockets(t) <= before }, 30*time.Second, 5*time.Millisecond)
	})
	b := &broker{t: t, path: path, mode: mode}
	ln, err := net.ListenUnix("unix", &net.UnixAddr{Name: b.path, Net: "unix"})
	require.NoError(t, err)
	b.control = ln
	t.Cleanup(func() { ln.Close() })
	return b
}

// listen starts a backend and completes its handshake.
func (b *broker) listen(o backend.Options) *backend.Listener {
	b.t.Helper()
	inner := o.Trace
	o.Trace = func(e backend.Event) {
		b.trace.add(e.Op)
		if inner != nil {
			inner(e)
		}
	}
	type result struct {
		ln  *backend.Listener
		err error
	}
	listening := make(chan result, 1)
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), hang)
		defer cancel()
		ln, err := backend.Listen(ctx, b.path, service, o)
		listening <- result{ln, err}
	}()
	b.welcome()
	r := <-listening
	require.NoError(b.t, r.err)
	b.t.Cleanup(func() {
		require.NoError(b.t, r.ln.Close())
		s := r.ln.Stats()
		require.Zero(b.t, s.Descriptors.Open, "%+v", s.Descriptors)
		require.Equal(b.t, s.Descriptors.Opened, s.Descriptors.Closed+s.Descriptors.Adopted)
	})
	return r.ln
}

// welcome accepts a link and completes its handshake.
func (b *broker) welcome() {
	b.t.Helper()
	b.accept()
	hello, ok := b.read().(*wire.LinkHello)
	require.True(b.t, ok)
	require.Equal(b.t, service, hello.Service)
	dev, ino, err := fdpass.TimeNamespace()
	require.NoError(b.t, err)
	require.Equal(b.t, wire.TimeNamespace{Device: dev, Inode: ino}, hello.TimeNamespace)
	b.ping()
	b.send(&wire.Welcome{Version: wire.LinkVersion, Mode: b.mode, MaxInFlight: 64, AckDeadline: time.Second})
}

func (b *broker) accept() {
	b.t.Helper()
	require.NoError(b.t, b.control.SetDeadline(time.Now().Add(hang)))
	c, err := b.control.AcceptUnix()
	require.NoError(b.t, err)
	l, err := fdpass.NewLink(c, nil)
	require.NoError(b.t, err)
	b.t.Cleanup(func() { l.Close() })
	b.link = &link{t: b.t, conn: c, link: l, in: wire.NewDecoder(wire.MaxControl)}
}

// newOffer returns an offer of a new TCP connection, whose lease ends after the given time, and the
// connection's descriptor.
func (b *broker) newOffer(lease time.Duration) (offered, int) {
	b.t.Helper()
	client, fd := tcpPair(b.t)
	b.sent++
	token, err := registry.ParseToken([]byte(fmt.Sprintf("%016d", b.sent)))
	require.NoError(b.t, err)
	o := offered{Offer: wire.Offer{Token: token, Service: service, CorrelationID: b.sent}, client: client}
	if b.mode == wire.ModeLease {
		clock, err := fdpass.Clock()
		require.NoError(b.t, err)
		o.ServeBy = uint64(clock + int64(lease))
	}
	return o, fd
}

// offer sends a new offer, after the changes, and closes the broker's copy.
func (b *broker) offer(lease time.Duration, change ...func(*wire.Offer)) offered {
	b.t.Helper()
	o, fd := b.newOffer(lease)
	for _, f := range change {
		f(&o.Offer)
	}
	b.write(o.Append(nil), fd)
	require.NoError(b.t, fdpass.Close(fd))
	return o
}

// offered is an offer, with the client's end of its connection.
type offered struct {
	wire.Offer
	client *net.TCPConn
}

func (o offered) wireID() wire.Attempt {
	return wire.Attempt{Token: o.Token, CorrelationID: o.CorrelationID}
}

// readReady checks that the first frame the client reads is ready.
func (o offered) readReady(t *testing.T) {
	t.Helper()
	require.NoError(t, o.client.SetReadDeadline(time.Now().Add(hang)))
	frame, err := wire.ReadFrame(o.client, wire.MaxControl)
	require.NoError(t, err)
	m, err := wire.Parse(frame)
	require.NoError(t, err)
	require.Equal(t, &wire.Ready{Token: o.ReadyToken, Accepted: true, CorrelationID: o.CorrelationID}, m)
}

// readEnd checks that the client reads the end of its connection: no copy is open.
func (o offered) readEnd(t *testing.T) {
	t.Helper()
	n, err := o.client.Read(make([]byte, 1))
	require.Zero(t, n)
	require.ErrorIs(t, err, io.EOF)
}

// tcpPair returns the two ends of a TCP connection, the server's as a descriptor.
func tcpPair(t *testing.T) (*net.TCPConn, int) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	client, err := net.Dial("tcp", ln.Addr().String())
	require.NoError(t, err)
	t.Cleanup(func() { client.Close() })
	require.NoError(t, client.SetDeadline(time.Now().Add(2*hang)))
	file, err := fdpass.ListenerFile(ln)
	require.NoError(t, err)
	defer file.Close()
	raw, err := file.SyscallConn()
	require.NoError(t, err)
	fd, _, err := fdpass.Accept(raw)
	require.NoError(t, err)
	return client.(*net.TCPConn), fd
}
