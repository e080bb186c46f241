package backend

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAcceptQueueIsFirstComeFirstServed(t *testing.T) {
	var q acceptQueue
	first, second, third := &offer{}, &offer{}, &offer{}
	for _, o := range []*offer{first, second, third} {
		require.False(t, q.full(3))
		q.pushOffer(o)
	}
	require.True(t, q.full(3))
	q.removeOffer(second)
	q.removeOffer(second) // it is not there
	require.Same(t, first, q.popOffer())
	require.Same(t, third, q.popOffer())
	require.Nil(t, q.popOffer())

	q.pushOwned(first)
	q.pushOwned(second)
	q.pushOwned(third)
	require.Same(t, first, q.popOwned())
	require.Equal(t, []*offer{second, third}, q.takeOwned())
	require.Nil(t, q.popOwned())
}

func TestAcceptThatWaitsLongestIsTakenFirst(t *testing.T) {
	var q acceptQueue
	require.Nil(t, q.popWaiter())
	first, second, third := q.wait(), q.wait(), q.wait()
	o := &offer{}
	q.popWaiter() <- o
	require.Same(t, o, <-first)
	rest := q.takeWaiters()
	require.Len(t, rest, 2)
	for _, wait := range rest {
		wait <- nil
	}
	require.Nil(t, <-second)
	require.Nil(t, <-third)
	require.Nil(t, q.popWaiter())
}

// What was taken must not stay reachable by the queue's array: an offer holds a preface of
// up to 60 KiB.
func TestAcceptQueueForgetsWhatWasTaken(t *testing.T) {
	var q acceptQueue
	q.pushOffer(&offer{})
	q.pushOffer(&offer{})
	array := q.offers
	q.popOffer()
	require.Nil(t, array[0])
	q.clearOffers()
	require.Nil(t, q.popOffer())
}
