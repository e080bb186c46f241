package backend_test

import (
	"sync"
	"testing"
	"time"

	"github.com/handoff-go/handoff/backend"
	"github.com/handoff-go/handoff/wire"
	"github.com/stretchr/testify/require"
)

// A revoke of an offer that expired in the queue is answered by released alone, and once the copy
// is closed. Released before that would let the broker offer the connection to the next backend
// while this one holds a copy; a NACK after it would be a second answer.
func TestRevokeOfAnExpiredOfferIsAnsweredOnceItsCopyIsClosed(t *testing.T) {
	b := newBroker(t, wire.ModeLease)
	closed, revoked := make(chan struct{}), make(chan struct{})
	ln := b.listen(backend.Options{Trace: func(e backend.Event) {
		if e.Op == backend.OpCloseCopy {
			close(closed)
			<-revoked
		}
	}})
	goOn := sync.OnceFunc(func() { close(revoked) })
	t.Cleanup(goOn) // so that a failed test ends
	o := b.offer(-time.Nanosecond)
	b.ping()
	accepted := startAccept(ln)
	<-closed
	revoke := wire.Revoke(o.wireID())
	b.send(&revoke)
	require.Eventually(t, func() bool { return b.trace.has(backend.OpReadRevoke) }, 30*time.Second, time.Millisecond)
	b.ping() // only a pong: the revoke has no answer yet
	goOn()
	released := wire.Released(o.wireID())
	require.Equal(t, &released, b.read())
	o.readEnd(t)
	b.ping() // only a pong: there is no second answer
	b.trace.goesOn(t, "CloseCopy", "ReadRevoke", "SendReleased")
	next := b.offer(long)
	accept(t, accepted)
	b.readAck(next)
}
