package backend_test

import (
	"io"
	"net"
	"testing"
	"time"

	"github.com/handoff-go/handoff/internal/fdpass"
	"github.com/handoff-go/handoff/wire"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// link is the fake broker's end of one link.
type link struct {
	t    *testing.T
	conn *net.UnixConn
	link *fdpass.Link
	in   *wire.Decoder
}

// ping sends a ping and checks the clock in its pong. The backend has then handled everything that
// was sent before.
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

// awaitAllRead waits until the backend has read everything that was written.
func (l *link) awaitAllRead() {
	l.t.Helper()
	raw, err := l.conn.SyscallConn()
	require.NoError(l.t, err)
	require.Eventually(l.t, func() bool {
		unread := -1
		_ = raw.Control(func(fd uintptr) { unread, err = unix.IoctlGetInt(int(fd), unix.SIOCOUTQ) })
		return err == nil && unread == 0
	}, hang, time.Millisecond)
}

// readEOF checks that the backend closed the link.
func (l *link) readEOF() {
	l.t.Helper()
	_, err := l.next()
	require.ErrorIs(l.t, err, io.EOF)
}

// readAck reads the ACK of an offer.
func (l *link) readAck(o offered) {
	l.t.Helper()
	require.Equal(l.t, &wire.Ack{Token: o.Token, Accepted: true, CorrelationID: o.CorrelationID}, l.read())
}

// readNack reads the NACK of an offer, after which the connection must be closed.
func (l *link) readNack(o offered, reason wire.Reason) {
	l.t.Helper()
	m, ok := l.read().(*wire.Ack)
	require.True(l.t, ok)
	require.Equal(l.t, o.wireID(), wire.Attempt{Token: m.Token, CorrelationID: m.CorrelationID})
	require.False(l.t, m.Accepted)
	require.Equal(l.t, reason, m.Reason)
}

func (l *link) commit(o offered) {
	l.t.Helper()
	m := wire.Commit(o.wireID())
	l.send(&m)
}

// revoke sends a revoke and reads released.
func (l *link) revoke(o offered) {
	l.t.Helper()
	l.sendRevoke(o)
	released := wire.Released(o.wireID())
	require.Equal(l.t, &released, l.read())
}

func (l *link) sendRevoke(o offered) {
	l.t.Helper()
	m := wire.Revoke(o.wireID())
	l.send(&m)
}
