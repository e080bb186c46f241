package backend_test

import (
	"sync"
	"testing"

	"github.com/handoff-go/handoff/backend"
	"github.com/handoff-go/handoff/wire"
	"github.com/stretchr/testify/require"
)

// What is traced of a commit or a revoke says which it was, of which offer, and whether it broke
// the protocol.
func TestDecisionsAreTracedAsTheyWere(t *testing.T) {
	var mu sync.Mutex
	var told []backend.Event
	b := newBroker(t, wire.ModeCommitOnly)
	ln := b.listen(backend.Options{Trace: func(e backend.Event) {
		if e.Op == backend.OpReadCommit || e.Op == backend.OpReadRevoke {
			mu.Lock()
			defer mu.Unlock()
			told = append(told, e)
		}
	}})
	requireTold := func(want backend.Event) {
		t.Helper()
		mu.Lock()
		defer mu.Unlock()
		require.Len(t, told, 1)
		want.Link = told[0].Link
		require.Equal(t, want, told[0])
		require.NotZero(t, want.Link)
		told = nil
	}
	revoked := b.offer(0)
	b.revoke(revoked)
	b.ping()
	requireTold(backend.Event{Op: backend.OpReadRevoke, Correlation: revoked.CorrelationID})
	b.sendRevoke(revoked)
	b.ping()
	requireTold(backend.Event{Op: backend.OpReadRevoke, Note: "of an unknown offer"})

	accepted := startAccept(ln)
	owned := b.offer(0)
	b.readAck(owned)
	awaitUncertain(t, b)
	b.commit(owned)
	accept(t, accepted)
	b.ping()
	requireTold(backend.Event{Op: backend.OpReadCommit, Correlation: owned.CorrelationID})

	queued := b.offer(0)
	b.commit(queued)
	b.readEOF()
	requireTold(backend.Event{Op: backend.OpReadCommit, Correlation: queued.CorrelationID, Err: backend.ErrNeverAcked})
	b.welcome()
	b.commit(owned) // which this link does not know
	b.readEOF()
	requireTold(backend.Event{Op: backend.OpReadCommit, Err: backend.ErrNeverAcked})
}
