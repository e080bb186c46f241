package backend_test

import (
	"sync"
	"testing"
	"time"

	"github.com/handoff-go/handoff/backend"
	"github.com/handoff-go/handoff/wire"
	"github.com/stretchr/testify/require"
)

// An offer that lapsed is this backend's to answer for until its copy is closed: released
// before that would let the broker offer the connection to the next while this one holds
// it, and released besides a NACK would be one answer too many.
func TestRevokeOfALapsedOfferIsAnsweredOnceItsCopyIsClosed(t *testing.T) {
	b := newBroker(t, wire.ModeLease)
	closed, revoked := make(chan struct{}), make(chan struct{})
	ln := b.listen(backend.Options{Trace: func(e backend.Event) {
		if e.Op == backend.OpCloseCopy {
			close(closed)
			<-revoked
		}
	}})
	goOn := sync.OnceFunc(func() { close(revoked) })
	t.Cleanup(goOn) // a test that failed ends, too
	o := b.offer(-time.Nanosecond)
	b.ping()
	accepted := accepting(ln)
	<-closed
	revoke := wire.Revoke(o.name())
	b.send(&revoke)
	require.Eventually(t, func() bool { return b.trace.has(backend.OpReadRevoke) }, 30*time.Second, time.Millisecond)
	b.ping() // and nothing is said before
	goOn()
	released := wire.Released(o.name())
	require.Equal(t, &released, b.read())
	o.ended(t)
	b.ping() // and nothing more after
	b.trace.goesOn(t, "CloseCopy", "ReadRevoke", "SendReleased")
	next := b.offer(long)
	served(t, accepted)
	b.acked(next)
}
