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
func queuedAck(t *testing.T, also backend.Op) (*broker, *backend.Listener, gates, offered, <-chan *backend.Conn) {
	t.Helper()
	b := newBroker(t, wire.ModeCommitOnly)
	g := newGates(backend.OpSendAck, also)
	ln := b.listen(backend.Options{Trace: g.trace})
	t.Cleanup(func() { // before the listener is closed, which waits for the steps
		for _, gate := range g {
			gate.open()
		}
	})
	o := b.offer(0)
	b.ping() // so it is queued
	accepted := startAccept(ln)
	g.await(t, backend.OpSendAck)
	b.readAck(o)
	return b, ln, g, o, accepted
}

// The reader must not find an uncertain offer, and own it, before that is traced.
func TestUncertainIsTracedBeforeTheCommitMakesAnOwner(t *testing.T) {
	b, ln, g, o, accepted := queuedAck(t, backend.OpUncertain)
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

// The goroutine that writes an ACK must not act on a commit before the reading of it is
// traced.
func TestReadCommitIsTracedBeforeItMakesAnOwner(t *testing.T) {
	b, ln, g, o, accepted := queuedAck(t, backend.OpReadCommit)
	b.commit(o)
	g.await(t, backend.OpReadCommit)
	g[backend.OpSendAck].open()
	awaitWaitingAccept(t, ln) // the ACK is done, and the Accept waits again
	require.False(t, b.trace.has(backend.OpOwn))
	require.Zero(t, ln.Stats().Owned)
	g[backend.OpReadCommit].open()
	accept(t, accepted)
	require.Equal(t, []backend.Op{"ReadCommit", "ReadClock", "Uncertain", "Own", "Serve"}, b.trace.from(backend.OpReadCommit))
}

// Nor must it close its copy before the reading of a revoke is traced.
func TestReadRevokeIsTracedBeforeTheCopyIsClosed(t *testing.T) {
	b, ln, g, o, _ := queuedAck(t, backend.OpReadRevoke)
	b.sendRevoke(o)
	g.await(t, backend.OpReadRevoke)
	g[backend.OpSendAck].open()
	awaitWaitingAccept(t, ln)
	require.False(t, b.trace.has(backend.OpCloseCopy))
	require.Equal(t, 1, ln.Stats().Descriptors.Open)
	g[backend.OpReadRevoke].open()
	released := wire.Released(o.wireID())
	require.Equal(t, &released, b.read())
	o.readEnd(t)
	b.ping() // the reader has traced what it did before
	require.Equal(t, []backend.Op{"ReadRevoke", "ReadClock", "Uncertain", "CloseCopy", "SendReleased"}, b.trace.from(backend.OpReadRevoke))
}
