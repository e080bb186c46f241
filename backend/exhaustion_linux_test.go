package backend_test

import (
	"testing"
	"time"

	"github.com/handoff-go/handoff/backend"
	"github.com/handoff-go/handoff/internal/socktest"
	"github.com/handoff-go/handoff/wire"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// A message brings more descriptors than the process can receive: the first is the offer's,
// which is served, and the others are closed.
func TestSurplusOfATruncatedControlMessageIsClosed(t *testing.T) {
	b := newBroker(t, wire.ModeLease)
	ln := b.listen(backend.Options{})
	accepted := startAccept(ln)
	o, fd := b.newOffer(long)
	free := socktest.LeaveDescriptors(t, 3) // for the first, and the two that Accept needs for a moment
	_, _, err := b.conn.WriteMsgUnix(o.Append(nil), unix.UnixRights(fd, fd, fd, fd, fd), nil)
	require.NoError(t, err)
	b.readAck(o)
	free()
	closeFD(t, fd)
	c := accept(t, accepted)
	require.Equal(t, o.client.LocalAddr(), c.RemoteAddr())
	require.Equal(t, backend.Descriptors{Opened: 3, Closed: 2, Adopted: 1}, ln.Stats().Descriptors)
	require.NoError(t, c.Close())
	o.readEnd(t)
}

// A backend that cannot receive the descriptor rejects the offer. One that has no descriptor left
// after receiving it owns the connection by then: its Accept waits until there are some.
func TestOfferIsRejectedOrWaitsWhenNoDescriptorIsLeft(t *testing.T) {
	b := newBroker(t, wire.ModeLease)
	ln := b.listen(backend.Options{})
	accepted := startAccept(ln)
	awaitWaitingAccept(t, ln)
	none, fd := b.newOffer(long)
	free := socktest.LeaveDescriptors(t, 0)
	b.write(none.Append(nil), fd)
	b.readNack(none, wire.ReasonFDPressureDisabled)
	free()
	closeFD(t, fd)
	none.readEnd(t)

	one, free := b.ownedWithoutDescriptors(accepted, 1)
	free()
	c := accept(t, accepted)
	require.Equal(t, one.client.LocalAddr(), c.RemoteAddr())
	require.EqualValues(t, 1, ln.Stats().Owned)
	require.Equal(t, backend.Descriptors{Opened: 1, Adopted: 1}, ln.Stats().Descriptors)
	require.NoError(t, c.Close())
	one.readEnd(t)

	enough := b.offer(long)
	c = accept(t, startAccept(ln))
	b.readAck(enough)
	require.Equal(t, enough.client.LocalAddr(), c.RemoteAddr())
	require.EqualValues(t, 2, ln.Stats().Owned)
}

// An Accept that waits for a descriptor does not delay Close, which ends its connection.
func TestCloseEndsAConnectionThatWaitsForADescriptor(t *testing.T) {
	for _, extra := range []int{1, 2} { // Accept needs two for a moment: the first or the second is missing
		b := newBroker(t, wire.ModeLease)
		ln := b.listen(backend.Options{})
		accepted := startAccept(ln)
		awaitWaitingAccept(t, ln)
		o, free := b.ownedWithoutDescriptors(accepted, extra)
		require.NoError(t, ln.Close())
		_, open := <-accepted
		require.False(t, open)
		free()
		o.readEnd(t)
		b.readEOF()
	}
}

// A Drain does not end an owned connection whose Accept waits for a descriptor, though the
// link has ended.
func TestDrainKeepsAConnectionThatWaitsForADescriptor(t *testing.T) {
	b := newBroker(t, wire.ModeCommitOnly)
	ln := b.listen(backend.Options{RedialMin: long, RedialMax: long})
	kept := b.ownedWithoutAccept(ln)
	b.link.link.Close()
	require.Eventually(t, func() bool { return b.trace.has(backend.OpLinkEnd) }, hang, time.Millisecond)
	free := socktest.LeaveDescriptors(t, 0)
	accepted := startAccept(ln)
	time.Sleep(50 * time.Millisecond)
	require.NoError(t, ln.Drain(t.Context()))
	time.Sleep(50 * time.Millisecond)
	require.Empty(t, accepted)
	free()
	c := accept(t, accepted)
	require.Equal(t, kept.client.LocalAddr(), c.RemoteAddr())
}

// ownedWithoutDescriptors makes an offer while n descriptors are left. It checks that the backend
// owns the connection and sends ready, and that no Accept returns it until free is called.
func (b *broker) ownedWithoutDescriptors(accepted <-chan *backend.Conn, n int) (o offered, free func()) {
	b.t.Helper()
	token, err := readToken()
	require.NoError(b.t, err)
	o, fd := b.newOffer(long)
	o.ReadyToken = token
	more := socktest.LeaveDescriptors(b.t, n)
	b.write(o.Append(nil), fd)
	b.readAck(o)
	o.readReady(b.t)
	time.Sleep(50 * time.Millisecond)
	require.Empty(b.t, accepted)
	b.ping() // the reader is not blocked
	return o, func() { more(); closeFD(b.t, fd) }
}
