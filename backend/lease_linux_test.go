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
	accepted := startAccept(ln)
	awaitWaitingAccept(t, ln)
	o := b.offer(long)
	c := accept(t, accepted)
	b.readAck(o)
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
	accepted := startAccept(ln)
	ready, err := readToken()
	require.NoError(t, err)
	o := b.offer(long, func(o *wire.Offer) { o.ReadyToken = ready })
	accept(t, accepted)
	o.readReady(t)
	require.True(t, b.trace.has(backend.OpSendReady))
}

func TestOfferWaitsForAnAcceptWithoutAnAck(t *testing.T) {
	b := newBroker(t, wire.ModeLease)
	ln := b.listen(backend.Options{})
	o := b.offer(long)
	b.ping() // the offer is handled
	require.Equal(t, 1, ln.Stats().Queued)
	require.False(t, b.trace.has(backend.OpSendAck))
	accept(t, startAccept(ln))
	b.readAck(o)
}

func TestAckAfterTheLeaseWaitsForCommit(t *testing.T) {
	b := newBroker(t, wire.ModeLease)
	ln := b.listen(backend.Options{})
	accepted := startAccept(ln)
	awaitWaitingAccept(t, ln)
	o := b.offer(-time.Nanosecond)
	b.readAck(o)
	awaitUncertain(t, b)
	require.Zero(t, ln.Stats().Owned)
	b.commit(o)
	accept(t, accepted)
	require.EqualValues(t, 1, ln.Stats().Owned)
}

func TestConnectionThatNoAcceptWaitsForIsKeptForTheNext(t *testing.T) {
	b := newBroker(t, wire.ModeCommitOnly)
	ln := b.listen(backend.Options{})
	first := b.ownedWithoutAccept(ln)
	c := accept(t, startAccept(ln))
	require.Equal(t, first.client.LocalAddr(), c.RemoteAddr())
}

// ownedWithoutAccept makes the backend own a connection while no Accept waits: its Accept returned
// another one, whose commit came first.
func (b *broker) ownedWithoutAccept(ln *backend.Listener) offered {
	b.t.Helper()
	accepted := startAccept(ln)
	first := b.offer(0)
	b.readAck(first)
	second := b.offer(0) // the same Accept waits again, since the first offer is undecided
	b.readAck(second)
	b.commit(second)
	c := accept(b.t, accepted)
	require.Equal(b.t, second.client.LocalAddr(), c.RemoteAddr())
	b.commit(first) // no Accept waits
	b.ping()
	return first
}

func TestOfferWhoseLeaseEndedInTheQueueIsRejected(t *testing.T) {
	b := newBroker(t, wire.ModeLease)
	ln := b.listen(backend.Options{})
	o := b.offer(-time.Nanosecond)
	b.ping()
	require.Equal(t, 1, ln.Stats().Queued)
	accepted := startAccept(ln)
	b.readNack(o, wire.ReasonBusy)
	o.readEnd(t)
	next := b.offer(long)
	accept(t, accepted)
	b.readAck(next)
}

func TestOfferToAFullQueueIsRejectedAsBusy(t *testing.T) {
	b := newBroker(t, wire.ModeLease)
	ln := b.listen(backend.Options{Queue: 2})
	kept := []offered{b.offer(long), b.offer(long)}
	o := b.offer(long)
	b.readNack(o, wire.ReasonBusy)
	o.readEnd(t)
	b.ping()
	b.trace.goesOn(t, "CloseCopy", "SendNack")
	for _, o := range kept {
		accept(t, startAccept(ln))
		b.readAck(o)
	}
}

func TestRevokedOfferIsClosedAndReleased(t *testing.T) {
	b := newBroker(t, wire.ModeLease)
	b.listen(backend.Options{})
	o := b.offer(long)
	b.revoke(o)
	o.readEnd(t)
	b.ping() // the reader has traced what it did before
	b.trace.goesOn(t, "ReadRevoke", "CloseCopy", "SendReleased")
	b.sendRevoke(o) // the offer is unknown now
	b.ping()        // only a pong: there is no answer
}

func TestRevokedUncertainOfferIsClosedAndReleased(t *testing.T) {
	b := newBroker(t, wire.ModeCommitOnly)
	ln := b.listen(backend.Options{})
	startAccept(ln)
	o := b.offer(0)
	b.readAck(o)
	awaitUncertain(t, b)
	b.revoke(o)
	o.readEnd(t)
	require.Zero(t, ln.Stats().Owned)
}

func TestRevokeOfAnOwnedConnectionLeavesItToItsServer(t *testing.T) {
	b := newBroker(t, wire.ModeLease)
	ln := b.listen(backend.Options{})
	accepted := startAccept(ln)
	o := b.offer(long)
	b.readAck(o)
	accept(t, accepted)
	m := wire.Revoke(o.wireID())
	b.send(&m) // as after a fence
	b.ping()
	require.Zero(t, ln.Stats().Undecided)
}

func TestCommitOfWhatWasNeverAckedEndsTheLink(t *testing.T) {
	b := newBroker(t, wire.ModeLease)
	ln := b.listen(backend.Options{})
	o := b.offer(long)
	b.commit(o)
	b.readEOF()
	o.readEnd(t)
	require.Zero(t, ln.Stats().Owned)
}

func TestCommitWithAnotherTokenMakesNoOwner(t *testing.T) {
	b := newBroker(t, wire.ModeCommitOnly)
	ln := b.listen(backend.Options{})
	startAccept(ln)
	o := b.offer(0)
	b.readAck(o)
	awaitUncertain(t, b)
	forged := o
	token, err := readToken()
	require.NoError(t, err)
	forged.Token = token
	b.commit(forged)
	b.readEOF()
	o.readEnd(t)
	require.Zero(t, ln.Stats().Owned)
}

func TestEndOfTheLinkClosesTheCopiesThatAreNotOwned(t *testing.T) {
	b := newBroker(t, wire.ModeCommitOnly)
	ln := b.listen(backend.Options{})
	startAccept(ln)
	sure := b.offer(0)
	b.readAck(sure)
	awaitUncertain(t, b)
	require.NoError(t, b.link.link.Close())
	sure.readEnd(t)
	b.welcome() // it dials again
	require.EqualValues(t, 1, ln.Stats().Lost)
}

func TestCommitBeforeTheEndOfTheLinkCounts(t *testing.T) {
	b := newBroker(t, wire.ModeCommitOnly)
	ln := b.listen(backend.Options{})
	accepted := startAccept(ln)
	o := b.offer(0)
	b.readAck(o)
	b.commit(o)
	require.NoError(t, b.link.link.Close())
	accept(t, accepted)
}

func TestOwnerServesOnWithoutItsLink(t *testing.T) {
	b := newBroker(t, wire.ModeLease)
	ln := b.listen(backend.Options{})
	accepted := startAccept(ln)
	o := b.offer(long)
	b.readAck(o)
	c := accept(t, accepted)
	require.NoError(t, b.link.link.Close())
	b.welcome()
	_, err := io.WriteString(c, "mine")
	require.NoError(t, err)
	got := make([]byte, 4)
	_, err = io.ReadFull(o.client, got)
	require.NoError(t, err)
}

func TestAckThatCannotBeWrittenMakesNoOwner(t *testing.T) {
	b := newBroker(t, wire.ModeLease)
	ln := b.listen(backend.Options{})
	startAccept(ln)
	awaitWaitingAccept(t, ln)
	o, fd := b.newOffer(long)
	require.NoError(t, b.link.link.ShutdownRead()) // the backend's sends fail from here on
	b.write(o.Append(nil), fd)
	closeFD(t, fd)
	o.readEnd(t)
	require.Zero(t, ln.Stats().Owned)
	b.welcome()
}
