package broker

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// told reports whether a waiter is told to look, and takes the announcement.
func told(w *waiter) bool {
	select {
	case <-w.wake:
		return true
	default:
		return false
	}
}

func TestNewcomersAreServedInOrder(t *testing.T) {
	var q waitQueue
	first, second, third := q.join(true), q.join(true), q.join(true)
	require.True(t, told(first), "what was free before it joined is not announced again")
	require.False(t, told(second))
	q.notifyCapacity()
	require.True(t, told(first))
	require.False(t, told(second), "only the first is told of capacity")
	first.leave()
	require.True(t, told(second))
	require.False(t, told(third))
	second.leave()
	require.True(t, told(third))
	third.leave()
	require.False(t, q.hasNewcomers())
}

func TestWaiterThatLeavesWakesTheNext(t *testing.T) {
	var q waitQueue
	first, second, third := q.join(true), q.join(true), q.join(true)
	require.True(t, told(first))
	q.notifyCapacity() // first is told, and goes without a look
	first.leave()
	require.True(t, told(second))
	third.leave() // not the first: the first is told once too often rather than never
	require.True(t, told(second))
	second.leave()
	require.False(t, q.hasNewcomers())
}

func TestCapacityIsAnnouncedOnce(t *testing.T) {
	var q waitQueue
	w := q.join(true)
	for range 3 {
		q.notifyCapacity()
	}
	require.True(t, told(w))
	require.False(t, told(w), "one look answers all announcements before it")
}

func TestConnectionsOfferedBeforeAreToldOfEveryChange(t *testing.T) {
	var q waitQueue
	first, second := q.join(false), q.join(false)
	require.True(t, told(first), "they look at once")
	require.True(t, told(second))
	require.False(t, q.hasNewcomers(), "a newcomer need not queue behind them")
	newcomer := q.join(true)
	require.True(t, told(newcomer))
	q.notifyCapacity()
	for _, w := range []*waiter{first, second, newcomer} {
		require.True(t, told(w))
		w.leave()
	}
	q.notifyCapacity()
	require.False(t, told(first))
}

func TestClosedQueueSendsItsWaitersAway(t *testing.T) {
	var q waitQueue
	waiters := []*waiter{q.join(true), q.join(true), q.join(false)}
	for _, w := range waiters {
		told(w)
		require.False(t, w.queueClosed())
	}
	q.close()
	for _, w := range waiters {
		require.True(t, told(w))
		require.True(t, w.queueClosed())
		w.leave()
	}
	require.Nil(t, q.join(true))
	require.Nil(t, q.join(false))
}
