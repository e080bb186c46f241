package backend_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/handoff-go/handoff/backend"
	"github.com/handoff-go/handoff/wire"
	"github.com/stretchr/testify/require"
)

// moment is how long a test looks on while a step must not come.
const moment = 20 * time.Millisecond

// gates stop a backend in Trace, each at the first time of its step.
type gates map[backend.Op]*gate

type gate struct {
	times   atomic.Int32
	reached chan struct{} // closed when the step is traced
	opened  chan struct{} // closed when the goroutine that traces it may go on
	open    func()
}

func newGates(ops ...backend.Op) gates {
	all := gates{}
	for _, op := range ops {
		g := &gate{reached: make(chan struct{}), opened: make(chan struct{})}
		g.open = sync.OnceFunc(func() { close(g.opened) })
		all[op] = g
	}
	return all
}

func (all gates) trace(e backend.Event) {
	if g := all[e.Op]; g != nil {
		if g.times.Add(1) == 1 {
			close(g.reached)
			<-g.opened
		}
	}
}

func (all gates) await(t *testing.T, op backend.Op) {
	t.Helper()
	select {
	case <-all[op].reached:
	case <-time.After(hang):
		require.Fail(t, "not reached", "%s", op)
	}
}

// queuedAck has an Accept acknowledge an offer from the queue, so that the link's reader is
// free, and stops it in the trace of SendAck.
func queuedAck(t *testing.T, mode wire.Mode, also backend.Op) (*broker, *backend.Listener, gates, offered, <-chan *backend.Conn) {
	t.Helper()
	b := newBroker(t, mode)
	g := newGates(backend.OpSendAck, also)
	ln := b.listen(backend.Options{Trace: g.trace})
	t.Cleanup(func() { // before the listener is closed, which waits for the steps
		for _, gate := range g {
			gate.open()
		}
	})
	var lease time.Duration
	if mode == wire.ModeLease {
		lease = long
	}
	o := b.offer(lease)
	b.ping() // so it is queued
	accepted := startAccept(ln)
	g.await(t, backend.OpSendAck)
	b.readAck(o)
	return b, ln, g, o, accepted
}

// The reader must not find an uncertain offer, and own it, before that is traced.
func TestUncertainIsTracedBeforeTheCommitMakesAnOwner(t *testing.T) {
	b, ln, g, o, accepted := queuedAck(t, wire.ModeCommitOnly, backend.OpUncertain)
	g[backend.OpSendAck].open()
	g.await(t, backend.OpUncertain)
	b.commit(o)
	b.ping() // the commit is handled
	require.True(t, b.trace.has(backend.OpReadCommit))
	require.False(t, b.trace.has(backend.OpOwn))
	require.Zero(t, ln.Stats().Owned)
	g[backend.OpUncertain].open()
	accept(t, accepted)
	require.Equal(t, []backend.Op{"Uncertain", "ReadCommit", "Own", "Serve"}, b.trace.from(backend.OpUncertain))
}

// awaitDecided waits until no offer is being acknowledged, and none is uncertain.
func awaitDecided(t *testing.T, ln *backend.Listener) {
	t.Helper()
	require.Eventually(t, func() bool { return ln.Stats().Undecided == 0 }, hang, time.Millisecond)
}

// The goroutine that writes an ACK must not act on a commit before the reading of it is
// traced.
func TestReadCommitIsTracedBeforeItMakesAnOwner(t *testing.T) {
	b, ln, g, o, accepted := queuedAck(t, wire.ModeCommitOnly, backend.OpReadCommit)
	b.commit(o)
	g.await(t, backend.OpReadCommit)
	g[backend.OpSendAck].open()
	awaitDecided(t, ln) // the ACK is done
	require.Never(t, func() bool { return b.trace.has(backend.OpOwn) }, moment, time.Millisecond)
	g[backend.OpReadCommit].open()
	accept(t, accepted)
	require.Equal(t, []backend.Op{"ReadCommit", "ReadClock", "Uncertain", "Own", "Serve"}, b.trace.from(backend.OpReadCommit))
}

// Nor must it close its copy before the reading of a revoke is traced.
func TestReadRevokeIsTracedBeforeTheCopyIsClosed(t *testing.T) {
	b, ln, g, o, _ := queuedAck(t, wire.ModeCommitOnly, backend.OpReadRevoke)
	b.sendRevoke(o)
	g.await(t, backend.OpReadRevoke)
	g[backend.OpSendAck].open()
	awaitDecided(t, ln)
	require.Never(t, func() bool { return b.trace.has(backend.OpCloseCopy) }, moment, time.Millisecond)
	require.Equal(t, 1, ln.Stats().Descriptors.Open)
	g[backend.OpReadRevoke].open()
	released := wire.Released(o.wireID())
	require.Equal(t, &released, b.read())
	o.readEnd(t)
	b.ping() // the reader has traced what it did before
	require.Equal(t, []backend.Op{"ReadRevoke", "ReadClock", "Uncertain", "CloseCopy", "SendReleased"}, b.trace.from(backend.OpReadRevoke))
}

// A revoke that was read while the ACK was written counts inside the lease, too: to be decided
// before the reading is traced would be too late, for the clock may be read in between.
func TestRevokeReadBeforeTheClockCountsInsideTheLease(t *testing.T) {
	b, ln, g, o, _ := queuedAck(t, wire.ModeLease, backend.OpReadRevoke)
	b.sendRevoke(o)
	g.await(t, backend.OpReadRevoke)
	g[backend.OpSendAck].open()
	awaitDecided(t, ln)
	require.Zero(t, ln.Stats().Owned)
	g[backend.OpReadRevoke].open()
	released := wire.Released(o.wireID())
	require.Equal(t, &released, b.read())
	o.readEnd(t)
	b.trace.goesOn(t, "ReadRevoke", "ReadClock", "CloseCopy", "SendReleased")
}
