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

// stopping are options whose backend stops after a step, the first time.
func stopping(op backend.Op) (_ backend.Options, reached <-chan bool, resume chan<- struct{}) {
	return stoppingAt(op, 1)
}

// stoppingAt are options whose backend stops after the nth time of a step.
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

// A backend that is stopped between its ACK and the clock finds its lease over: the
// broker may have ended the attempt by then.
func TestClockIsReadAfterTheAck(t *testing.T) {
	b := newBroker(t, wire.ModeLease)
	o, reached, resume := stopping(backend.OpSendAck)
	ln := b.listen(o)
	accepting(ln)
	waiting(t, ln)
	offer := b.offer(time.Second) // so long a busy machine may take to the ACK
	b.acked(offer)
	<-reached
	for clock := int64(0); uint64(clock) < offer.ServeBy; {
		time.Sleep(time.Millisecond)
		var err error
		clock, err = fdpass.Clock()
		require.NoError(t, err)
	}
	close(resume)
	undecided(t, b)
	require.Zero(t, ln.Stats().Owned)
	b.revoke(offer)
	offer.ended(t)
}

// What the broker says while an Accept writes its ACK is not forgotten.
func TestRevokeWhileTheAckIsWritten(t *testing.T) {
	b := newBroker(t, wire.ModeCommitOnly)
	o, reached, resume := stopping(backend.OpSendAck)
	ln := b.listen(o)
	offer := b.offer(0)
	b.ping()
	accepting(ln)
	<-reached
	b.acked(offer)
	m := wire.Revoke(offer.name())
	b.send(&m)
	b.ping() // it is read
	close(resume)
	released := wire.Released(offer.name())
	require.Equal(t, &released, b.read())
	offer.ended(t)
	require.Zero(t, ln.Stats().Owned)
}

func TestCommitWhileTheAckIsWritten(t *testing.T) {
	b := newBroker(t, wire.ModeCommitOnly)
	o, reached, resume := stopping(backend.OpSendAck)
	ln := b.listen(o)
	offer := b.offer(0)
	b.ping()
	accepted := accepting(ln)
	<-reached
	b.acked(offer)
	b.commit(offer)
	b.ping()
	close(resume)
	served(t, accepted)
}

// A broker that is told of draining says commit, and then bye: the end of the link takes
// nothing back.
func TestCommitCountsWhenTheLinkEndsBeforeTheAckIsDone(t *testing.T) {
	b := newBroker(t, wire.ModeCommitOnly)
	o, reached, resume := stopping(backend.OpSendAck)
	ln := b.listen(o)
	offer := b.offer(0)
	b.ping()
	accepted := accepting(ln)
	<-reached
	b.acked(offer)
	b.commit(offer)
	b.ping()
	require.Equal(t, 1, ln.Stats().Undecided)
	require.NoError(t, b.link.link.Close())
	require.Eventually(t, func() bool { return ln.Stats().Undecided == 0 }, 30*time.Second, time.Millisecond,
		"the reader has left the offer to who writes its ACK")
	close(resume)
	served(t, accepted)
}

func TestEndOfTheLinkWhileTheAckIsWritten(t *testing.T) {
	for mode, owned := range map[wire.Mode]uint64{wire.ModeCommitOnly: 0, wire.ModeLease: 1} {
		t.Run(mode.String(), func(t *testing.T) {
			b := newBroker(t, mode)
			o, reached, resume := stopping(backend.OpSendAck)
			ln := b.listen(o)
			offer := b.offer(long)
			b.ping()
			accepted := accepting(ln)
			<-reached
			b.acked(offer)
			require.NoError(t, b.link.link.Close())
			time.Sleep(10 * time.Millisecond)
			close(resume)
			if owned == 1 {
				served(t, accepted) // its ACK had gone in time
			} else {
				offer.ended(t)
			}
			require.Equal(t, owned, ln.Stats().Owned)
		})
	}
}

// A holder that lets go leaves the connection to others that have it.
func TestHolderDoesNotShutTheConnectionDown(t *testing.T) {
	for mode, lease := range map[wire.Mode]time.Duration{wire.ModeCommitOnly: 0, wire.ModeLease: long} {
		t.Run(mode.String(), func(t *testing.T) {
			b := newBroker(t, mode)
			ln := b.listen(backend.Options{})
			if mode == wire.ModeCommitOnly {
				accepting(ln) // uncertain
				waiting(t, ln)
			} // else queued
			o, fd := b.make(lease)
			b.write(o.Append(nil), fd)
			if mode == wire.ModeCommitOnly {
				b.acked(o)
				undecided(t, b)
			}
			b.revoke(o)
			_, err := fdpass.TryWrite(fd, []byte("x"))
			require.NoError(t, err)
			_, err = o.client.Read(make([]byte, 1))
			require.NoError(t, err)
			closeFD(t, fd)
			o.ended(t)
		})
	}
}

// The commit was in the queue when the link failed: it counts.
func TestCommitThatIsUnreadWhenTheLinkFailsCounts(t *testing.T) {
	b := newBroker(t, wire.ModeCommitOnly)
	o, reached, resume := stoppingAt(backend.OpReadOffer, 2)
	ln := b.listen(o)
	accepted := acceptingMany(ln, 2) // the second offer meets an Accept, too
	first := b.offer(0)
	b.acked(first)
	undecided(t, b)
	second := b.offer(0)
	<-reached // the reader is busy
	b.commit(first)
	require.NoError(t, b.link.link.ShutdownRead()) // the ACK of the second one will fail
	close(resume)
	c := served(t, accepted)
	require.Equal(t, first.client.LocalAddr(), c.RemoteAddr())
	second.ended(t)
	b.welcome()
}
