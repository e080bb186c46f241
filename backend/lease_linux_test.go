package backend_test

import (
	"io"
	"testing"
	"time"

	"github.com/handoff-go/handoff/backend"
	"github.com/handoff-go/handoff/wire"
	"github.com/stretchr/testify/require"
)

const long = time.Hour

func TestAckInsideTheLeaseOwnsAtOnce(t *testing.T) {
	b := newBroker(t, wire.ModeLease)
	ln := b.listen(backend.Options{})
	accepted := accepting(ln)
	waiting(t, ln)
	o := b.offer(long)
	c := served(t, accepted)
	b.acked(o)
	_, err := io.WriteString(c, "mine")
	require.NoError(t, err)
	got := make([]byte, 4)
	_, err = io.ReadFull(o.client, got)
	require.NoError(t, err)
	require.Equal(t, "mine", string(got))
	b.trace.goesOn(t, "ReadOffer", "Reserve", "SendAck", "ReadClock", "Own", "Serve")
	b.commit(o)
	b.ping()
}

func TestReadyIsTheFirstThingAnOwnerWrites(t *testing.T) {
	b := newBroker(t, wire.ModeLease)
	ln := b.listen(backend.Options{})
	accepted := accepting(ln)
	ready, err := readToken()
	require.NoError(t, err)
	o := b.offer(long, func(o *wire.Offer) { o.ReadyToken = ready })
	served(t, accepted)
	o.isReady(t)
}

func TestOfferWaitsForAnAcceptWithoutAnAck(t *testing.T) {
	b := newBroker(t, wire.ModeLease)
	ln := b.listen(backend.Options{})
	o := b.offer(long)
	b.ping() // so it was read
	require.Equal(t, 1, ln.Stats().Queued)
	require.False(t, b.trace.has(backend.OpSendAck))
	served(t, accepting(ln))
	b.acked(o)
}

func TestAckAfterTheLeaseWaitsForCommit(t *testing.T) {
	b := newBroker(t, wire.ModeLease)
	ln := b.listen(backend.Options{})
	accepted := accepting(ln)
	waiting(t, ln)
	o := b.offer(-time.Nanosecond)
	b.acked(o)
	undecided(t, b)
	require.Zero(t, ln.Stats().Owned)
	b.commit(o)
	served(t, accepted)
	require.EqualValues(t, 1, ln.Stats().Owned)
}

func TestUncertainBackendDoesNotKeepOthersWaiting(t *testing.T) {
	b := newBroker(t, wire.ModeCommitOnly)
	ln := b.listen(backend.Options{})
	first := b.kept(ln)
	c := served(t, accepting(ln))
	require.Equal(t, first.client.LocalAddr(), c.RemoteAddr())
}

// kept has the backend own the connection of an offer that no Accept waits for: the one
// that did was given another meanwhile.
func (b *broker) kept(ln *backend.Listener) offered {
	b.t.Helper()
	accepted := accepting(ln)
	first := b.offer(0)
	b.acked(first)
	second := b.offer(0) // the same Accept takes it, too
	b.acked(second)
	b.commit(second)
	c := served(b.t, accepted)
	require.Equal(b.t, second.client.LocalAddr(), c.RemoteAddr())
	b.commit(first) // nobody waits: it is kept
	b.ping()
	return first
}

func TestOfferWhoseLeaseEndedInTheQueueIsRejected(t *testing.T) {
	b := newBroker(t, wire.ModeLease)
	ln := b.listen(backend.Options{})
	o := b.offer(-time.Nanosecond)
	b.ping()
	require.Equal(t, 1, ln.Stats().Queued)
	accepted := accepting(ln)
	b.nacked(o, wire.ReasonBusy)
	o.ended(t)
	next := b.offer(long)
	served(t, accepted)
	b.acked(next)
}

func TestFullQueueIsBusy(t *testing.T) {
	b := newBroker(t, wire.ModeLease)
	ln := b.listen(backend.Options{Queue: 2})
	kept := []offered{b.offer(long), b.offer(long)}
	o := b.offer(long)
	b.nacked(o, wire.ReasonBusy)
	o.ended(t)
	b.ping()
	b.trace.goesOn(t, "CloseCopy", "SendNack")
	for _, o := range kept {
		served(t, accepting(ln))
		b.acked(o)
	}
}

func TestRevokedOfferIsClosedAndReleased(t *testing.T) {
	b := newBroker(t, wire.ModeLease)
	b.listen(backend.Options{})
	o := b.offer(long)
	b.revoke(o)
	o.ended(t)
	// It is said after it is so.
	b.ping() // the step is told after it is taken
	b.trace.goesOn(t, "ReadRevoke", "CloseCopy", "SendReleased")
	b.sendRevoke(o) // of nothing that is held
	b.ping()        // the pong is all that is said
}

func TestRevokedUncertainOfferIsClosedAndReleased(t *testing.T) {
	b := newBroker(t, wire.ModeCommitOnly)
	ln := b.listen(backend.Options{})
	accepting(ln)
	o := b.offer(0)
	b.acked(o)
	undecided(t, b)
	b.revoke(o)
	o.ended(t)
	require.Zero(t, ln.Stats().Owned)
}

func TestRevokeOfAnOwnedConnectionLeavesItToItsServer(t *testing.T) {
	b := newBroker(t, wire.ModeLease)
	ln := b.listen(backend.Options{})
	accepted := accepting(ln)
	o := b.offer(long)
	b.acked(o)
	served(t, accepted)
	m := wire.Revoke(o.name())
	b.send(&m) // as after a fence
	b.ping()
	require.Zero(t, ln.Stats().Undecided)
}

func TestCommitOfWhatWasNeverAckedEndsTheLink(t *testing.T) {
	b := newBroker(t, wire.ModeLease)
	ln := b.listen(backend.Options{})
	o := b.offer(long)
	b.commit(o)
	b.gone()
	o.ended(t)
	require.Zero(t, ln.Stats().Owned)
}

func TestCommitWithAnotherTokenMakesNoOwner(t *testing.T) {
	b := newBroker(t, wire.ModeCommitOnly)
	ln := b.listen(backend.Options{})
	accepting(ln)
	o := b.offer(0)
	b.acked(o)
	undecided(t, b)
	forged := o
	token, err := readToken()
	require.NoError(t, err)
	forged.Token = token
	b.commit(forged)
	b.gone()
	o.ended(t)
	require.Zero(t, ln.Stats().Owned)
}

func TestEndOfTheLinkClosesWhatIsHeld(t *testing.T) {
	b := newBroker(t, wire.ModeCommitOnly)
	ln := b.listen(backend.Options{})
	accepting(ln)
	sure := b.offer(0)
	b.acked(sure)
	undecided(t, b)
	require.NoError(t, b.link.link.Close())
	sure.ended(t)
	b.welcome() // it dials again
	require.EqualValues(t, 1, ln.Stats().Lost)
}

func TestCommitBeforeTheEndOfTheLinkCounts(t *testing.T) {
	b := newBroker(t, wire.ModeCommitOnly)
	ln := b.listen(backend.Options{})
	accepted := accepting(ln)
	o := b.offer(0)
	b.acked(o)
	b.commit(o)
	require.NoError(t, b.link.link.Close())
	served(t, accepted)
}

func TestOwnerServesOnWithoutItsLink(t *testing.T) {
	b := newBroker(t, wire.ModeLease)
	ln := b.listen(backend.Options{})
	accepted := accepting(ln)
	o := b.offer(long)
	b.acked(o)
	c := served(t, accepted)
	require.NoError(t, b.link.link.Close())
	b.welcome()
	_, err := io.WriteString(c, "mine")
	require.NoError(t, err)
	got := make([]byte, 4)
	_, err = io.ReadFull(o.client, got)
	require.NoError(t, err)
}

func TestBrokerThatReadsNoMoreMakesNoOwner(t *testing.T) {
	b := newBroker(t, wire.ModeLease)
	ln := b.listen(backend.Options{})
	accepting(ln)
	waiting(t, ln)
	o, fd := b.make(long)
	require.NoError(t, b.link.link.ShutdownRead()) // the backend's sends fail from here on
	b.write(o.Append(nil), fd)
	closeFD(t, fd)
	o.ended(t)
	require.Zero(t, ln.Stats().Owned)
	b.welcome()
}
