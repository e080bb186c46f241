package backend_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/handoff-go/handoff/backend"
	"github.com/handoff-go/handoff/internal/fdpass"
	"github.com/handoff-go/handoff/registry"
	"github.com/handoff-go/handoff/wire"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// hang is how long a test waits before it says that nothing comes. No test is to fail
// because a machine is slow.
const hang = 10 * time.Second

const service = "echo"

// broker is a broker made by hand, which does what a test tells it to, right or wrong.
type broker struct {
	t       *testing.T
	path    string
	control *net.UnixListener
	mode    wire.Mode
	trace   recorder

	*link // the latest
	sent  uint64
}

// link is its end of one link.
type link struct {
	t    *testing.T
	conn *net.UnixConn
	link *fdpass.Link
	in   *wire.Decoder
}

// offered is an offer that was made, with the client's end of the connection.
type offered struct {
	wire.Offer
	client *net.TCPConn
}

func (o offered) name() wire.Attempt {
	return wire.Attempt{Token: o.Token, CorrelationID: o.CorrelationID}
}

func newBroker(t *testing.T, mode wire.Mode) *broker {
	t.Helper()
	before := descriptors(t)
	t.Cleanup(func() {
		require.Eventually(t, func() bool { return descriptors(t) <= before }, 30*time.Second, 5*time.Millisecond)
	})
	b := &broker{t: t, path: filepath.Join(t.TempDir(), "control"), mode: mode}
	ln, err := net.ListenUnix("unix", &net.UnixAddr{Name: b.path, Net: "unix"})
	require.NoError(t, err)
	b.control = ln
	t.Cleanup(func() { ln.Close() })
	return b
}

// listen starts a backend and welcomes it.
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

// welcome accepts a link and shakes hands.
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

// ping asks for a sign of life, and checks the clock in it.
func (l *link) ping() {
	l.t.Helper()
	before, err := fdpass.Clock()
	require.NoError(l.t, err)
	l.send(&wire.Ping{Nonce: 99})
	pong, ok := l.read().(*wire.Pong)
	require.True(l.t, ok)
	after, err := fdpass.Clock()
	require.NoError(l.t, err)
	require.EqualValues(l.t, 99, pong.Nonce)
	require.GreaterOrEqual(l.t, pong.Clock, uint64(before))
	require.LessOrEqual(l.t, pong.Clock, uint64(after))
}

func (l *link) send(m wire.Message) {
	l.t.Helper()
	l.write(m.Append(nil), -1)
}

func (l *link) write(b []byte, fd int) {
	l.t.Helper()
	_, err := l.link.SendAll(b, fd, time.Now().Add(hang))
	require.NoError(l.t, err)
}

func (l *link) read() wire.Message {
	l.t.Helper()
	m, err := l.next()
	require.NoError(l.t, err)
	return m
}

func (l *link) next() (wire.Message, error) {
	if err := l.link.SetReadDeadline(time.Now().Add(hang)); err != nil {
		return nil, err
	}
	for {
		frame, _, err := l.in.Next()
		if err == nil {
			return wire.Parse(frame)
		}
		if err != wire.ErrIncomplete {
			return nil, err
		}
		r, err := l.link.Recv(l.in.Free())
		if err != nil {
			return nil, err
		}
		l.in.Advance(r.N)
	}
}

// taken waits until the backend has read everything that was written.
func (l *link) taken() {
	l.t.Helper()
	raw, err := l.conn.SyscallConn()
	require.NoError(l.t, err)
	require.Eventually(l.t, func() bool {
		unread := -1
		_ = raw.Control(func(fd uintptr) { unread, err = unix.IoctlGetInt(int(fd), unix.SIOCOUTQ) })
		return err == nil && unread == 0
	}, hang, time.Millisecond)
}

// gone reads the end of the link.
func (l *link) gone() {
	l.t.Helper()
	_, err := l.next()
	require.ErrorIs(l.t, err, io.EOF)
}

// make makes an offer of a fresh TCP connection whose lease ends so long from now.
func (b *broker) make(lease time.Duration) (offered, int) {
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

// offer makes and sends an offer, and closes the broker's copy.
func (b *broker) offer(lease time.Duration, change ...func(*wire.Offer)) offered {
	b.t.Helper()
	o, fd := b.make(lease)
	for _, f := range change {
		f(&o.Offer)
	}
	b.write(o.Append(nil), fd)
	require.NoError(b.t, fdpass.Close(fd))
	return o
}

// acked reads the ACK of an offer.
func (l *link) acked(o offered) {
	l.t.Helper()
	require.Equal(l.t, &wire.Ack{Token: o.Token, Accepted: true, CorrelationID: o.CorrelationID}, l.read())
}

// nacked reads the NACK of an offer, after which the connection must be closed.
func (l *link) nacked(o offered, reason wire.Reason) {
	l.t.Helper()
	m, ok := l.read().(*wire.Ack)
	require.True(l.t, ok)
	require.Equal(l.t, o.name(), wire.Attempt{Token: m.Token, CorrelationID: m.CorrelationID})
	require.False(l.t, m.Accepted)
	require.Equal(l.t, reason, m.Reason)
}

func (l *link) commit(o offered) {
	l.t.Helper()
	m := wire.Commit(o.name())
	l.send(&m)
}

// revoke takes an offer back and waits until it is.
func (l *link) revoke(o offered) {
	l.t.Helper()
	l.sendRevoke(o)
	released := wire.Released(o.name())
	require.Equal(l.t, &released, l.read())
}

func (l *link) sendRevoke(o offered) {
	l.t.Helper()
	m := wire.Revoke(o.name())
	l.send(&m)
}

// isReady reads that the client is told who serves it, first of all.
func (o offered) isReady(t *testing.T) {
	t.Helper()
	require.NoError(t, o.client.SetReadDeadline(time.Now().Add(hang)))
	frame, err := wire.ReadFrame(o.client, wire.MaxControl)
	require.NoError(t, err)
	m, err := wire.Parse(frame)
	require.NoError(t, err)
	require.Equal(t, &wire.Ready{Token: o.ReadyToken, Accepted: true, CorrelationID: o.CorrelationID}, m)
}

// ended reads the end of the connection on the client's side: nobody has a copy.
func (o offered) ended(t *testing.T) {
	t.Helper()
	n, err := o.client.Read(make([]byte, 1))
	require.Zero(t, n)
	require.ErrorIs(t, err, io.EOF)
}

// tcpPair returns the two ends of a TCP connection, the server's as a raw descriptor.
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

// accepting runs one Accept.
func accepting(ln *backend.Listener) <-chan *backend.Conn { return acceptingMany(ln, 1) }

// acceptingMany runs n Accepts at once.
func acceptingMany(ln *backend.Listener, n int) <-chan *backend.Conn {
	accepted := make(chan *backend.Conn, n)
	var running sync.WaitGroup
	for range n {
		running.Go(func() {
			if c, err := ln.Accept(); err == nil {
				accepted <- c.(*backend.Conn)
			}
		})
	}
	go func() {
		running.Wait()
		close(accepted)
	}()
	return accepted
}

// waiting waits until an Accept waits.
func waiting(t *testing.T, ln *backend.Listener) {
	t.Helper()
	require.Eventually(t, func() bool { return ln.Stats().Waiting > 0 }, hang, time.Millisecond)
}

// served takes a connection that must be there, and closes it in the end.
func served(t *testing.T, accepted <-chan *backend.Conn) *backend.Conn {
	t.Helper()
	select {
	case c, ok := <-accepted:
		require.True(t, ok)
		t.Cleanup(func() { c.Close() })
		return c
	case <-time.After(hang):
		require.Fail(t, "no connection")
		return nil
	}
}

// undecided waits until the backend is uncertain.
func undecided(t *testing.T, b *broker) {
	t.Helper()
	require.Eventually(t, func() bool { return b.trace.has(backend.OpUncertain) }, hang, time.Millisecond)
}

type recorder struct {
	mu  sync.Mutex
	ops []backend.Op
}

func (r *recorder) add(op backend.Op) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ops = append(r.ops, op)
}

func (r *recorder) has(op backend.Op) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, o := range r.ops {
		if o == op {
			return true
		}
	}
	return false
}

// goesOn waits until as many steps are recorded, from the first of the first name on, and checks
// that they are the steps wanted. What a step writes can be read before the step is recorded.
func (r *recorder) goesOn(t *testing.T, want ...backend.Op) {
	t.Helper()
	require.Eventually(t, func() bool { return len(r.from(want[0])) >= len(want) }, hang, time.Millisecond)
	require.Equal(t, want, r.from(want[0]))
}

func (r *recorder) from(op backend.Op) []backend.Op {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, o := range r.ops {
		if o == op {
			return slices.Clone(r.ops[i:])
		}
	}
	return nil
}

// descriptors returns how many sockets this process has. (It has other descriptors that
// come and go, such as the pipes that Go keeps for splice.)
func descriptors(t *testing.T) int {
	entries, err := os.ReadDir("/proc/self/fd")
	require.NoError(t, err)
	var sockets int
	for _, entry := range entries {
		to, err := os.Readlink("/proc/self/fd/" + entry.Name())
		if err == nil && strings.HasPrefix(to, "socket:") {
			sockets++
		}
	}
	return sockets
}

func closeFD(t *testing.T, fd int) {
	t.Helper()
	require.NoError(t, fdpass.Close(fd))
}
