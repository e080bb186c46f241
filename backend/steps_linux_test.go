package backend_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/handoff-go/handoff/backend"
	"github.com/handoff-go/handoff/internal/fdpass"
	"github.com/handoff-go/handoff/wire"
	"github.com/stretchr/testify/require"
)

// stopping returns options with which the backend stops after the first step of that name.
func stopping(op backend.Op) (_ backend.Options, reached <-chan bool, resume chan<- struct{}) {
	return stoppingAt(op, 1)
}

// stoppingAt returns options with which the backend stops after the nth step of that name.
func stoppingAt(op backend.Op, n int32) (_ backend.Options, reached <-chan bool, resume chan<- struct{}) {
	stopped, goOn := make(chan bool, 1), make(chan struct{})
	var times atomic.Int32
	return backend.Options{Trace: func(e backend.Event) {
		if e.Op == op && times.Add(1) == n {
			stopped <- true
			<-goOn
		}
	}}, stopped, goOn
}

// A backend that is stopped between its ACK and the reading of the clock finds that its lease has ended: the
// broker may have offered the connection to another one by then.
func TestClockIsReadAfterTheAck(t *testing.T) {
	b := newBroker(t, wire.ModeLease)
	o, reached, resume := stopping(backend.OpSendAck)
	ln := b.listen(o)
	startAccept(ln)
	awaitWaitingAccept(t, ln)
	offer := b.offer(time.Second) // a busy machine may take as long to the ACK
	b.readAck(offer)
	<-reached
	for clock := int64(0); uint64(clock) < offer.ServeBy; {
		time.Sleep(time.Millisecond)
		var err error
		clock, err = fdpass.Clock()
		require.NoError(t, err)
	}
	close(resume)
	awaitUncertain(t, b)
	require.Zero(t, ln.Stats().Owned)
	b.revoke(offer)
	offer.readEnd(t)
}

func TestRevokeWhileTheAckIsWrittenClosesTheCopy(t *testing.T) {
	b := newBroker(t, wire.ModeCommitOnly)
	o, reached, resume := stopping(backend.OpSendAck)
	ln := b.listen(o)
	offer := b.offer(0)
	b.ping()
	startAccept(ln)
	<-reached
	b.readAck(offer)
	m := wire.Revoke(offer.wireID())
	b.send(&m)
	b.ping() // the revoke is handled
	close(resume)
	released := wire.Released(offer.wireID())
	require.Equal(t, &released, b.read())
	offer.readEnd(t)
	require.Zero(t, ln.Stats().Owned)
}

func TestCommitWhileTheAckIsWrittenMakesAnOwner(t *testing.T) {
	b := newBroker(t, wire.ModeCommitOnly)
	o, reached, resume := stopping(backend.OpSendAck)
	ln := b.listen(o)
	offer := b.offer(0)
	b.ping()
	accepted := startAccept(ln)
	<-reached
	b.readAck(offer)
	b.commit(offer)
	b.ping()
	close(resume)
	accept(t, accepted)
}

// A broker that was sent draining answers commit, and then bye. The commit counts, though the link
// ends before the ACK is done.
func TestCommitCountsWhenTheLinkEndsBeforeTheAckIsDone(t *testing.T) {
	b := newBroker(t, wire.ModeCommitOnly)
	o, reached, resume := stopping(backend.OpSendAck)
	ln := b.listen(o)
	offer := b.offer(0)
	b.ping()
	accepted := startAccept(ln)
	<-reached
	b.readAck(offer)
	b.commit(offer)
	b.ping()
	require.Equal(t, 1, ln.Stats().Undecided)
	require.NoError(t, b.link.link.Close())
	require.Eventually(t, func() bool { return ln.Stats().Undecided == 0 }, 30*time.Second, time.Millisecond,
		"the reader has left the offer to the goroutine that writes its ACK")
	close(resume)
	accept(t, accepted)
}

func TestEndOfTheLinkWhileTheAckIsWrittenMakesNoOwnerInDoubt(t *testing.T) {
	for mode, owned := range map[wire.Mode]uint64{wire.ModeCommitOnly: 0, wire.ModeLease: 1} {
		t.Run(mode.String(), func(t *testing.T) {
			b := newBroker(t, mode)
			o, reached, resume := stopping(backend.OpSendAck)
			ln := b.listen(o)
			offer := b.offer(long)
			b.ping()
			accepted := startAccept(ln)
			<-reached
			b.readAck(offer)
			require.NoError(t, b.link.link.Close())
			time.Sleep(10 * time.Millisecond)
			close(resume)
			if owned == 1 {
				accept(t, accepted) // the ACK was sent inside the lease
			} else {
				offer.readEnd(t)
			}
			require.Equal(t, owned, ln.Stats().Owned)
		})
	}
}

// The connection stays open for the other holders of a copy.
func TestHolderDoesNotShutTheConnectionDown(t *testing.T) {
	for mode, lease := range map[wire.Mode]time.Duration{wire.ModeCommitOnly: 0, wire.ModeLease: long} {
		t.Run(mode.String(), func(t *testing.T) {
			b := newBroker(t, mode)
			ln := b.listen(backend.Options{})
			if mode == wire.ModeCommitOnly {
				startAccept(ln) // uncertain
				awaitWaitingAccept(t, ln)
			} // else queued
			o, fd := b.newOffer(lease)
			b.write(o.Append(nil), fd)
			if mode == wire.ModeCommitOnly {
				b.readAck(o)
				awaitUncertain(t, b)
			}
			b.revoke(o)
			_, err := fdpass.TryWrite(fd, []byte("x"))
			require.NoError(t, err)
			_, err = o.client.Read(make([]byte, 1))
			require.NoError(t, err)
			closeFD(t, fd)
			o.readEnd(t)
		})
	}
}

// The commit was in the socket's queue when the link failed.
func TestCommitThatIsUnreadWhenTheLinkFailsCounts(t *testing.T) {
	b := newBroker(t, wire.ModeCommitOnly)
	o, reached, resume := stoppingAt(backend.OpReadOffer, 2)
	ln := b.listen(o)
	accepted := startAccepts(ln, 2) // one for each offer
	first := b.offer(0)
	b.readAck(first)
	awaitUncertain(t, b)
	second := b.offer(0)
	<-reached // the reader is stopped
	b.commit(first)
	require.NoError(t, b.link.link.ShutdownRead()) // the ACK of the second one will fail
	close(resume)
	c := accept(t, accepted)
	require.Equal(t, first.client.LocalAddr(), c.RemoteAddr())
	second.readEnd(t)
	b.welcome()
}
