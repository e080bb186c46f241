package broker

import (
	"testing"
	"time"

	"github.com/handoff-go/handoff/registry"
	"github.com/stretchr/testify/require"
)

// attemptOf returns an attempt with that correlation id, and with a token made of it.
func attemptOf(t *testing.T, correlation byte) *attempt {
	t.Helper()
	bytes := make([]byte, registry.TokenSize)
	bytes[0] = correlation
	token, err := registry.ParseToken(bytes)
	require.NoError(t, err)
	return &attempt{correlation: uint64(correlation), token: token}
}

func TestAttemptIsClaimedOnceAndByItsTokenOnly(t *testing.T) {
	table := newAttemptTable()
	a, other := attemptOf(t, 1), attemptOf(t, 2)
	table.add(a)
	require.Nil(t, table.claim(a.correlation, other.token))
	require.Nil(t, table.claim(other.correlation, a.token))
	require.True(t, table.isPending(a))
	require.Equal(t, a, table.claim(a.correlation, a.token))
	require.Nil(t, table.claim(a.correlation, a.token))
	require.True(t, table.isEmpty())
}

func TestUnsettledAttemptIsSettledOnceAndByItsTokenOnly(t *testing.T) {
	table := newAttemptTable()
	a, other := attemptOf(t, 1), attemptOf(t, 2)
	table.unsettle(a)
	table.unsettle(other)
	require.False(t, table.isEmpty())
	require.Nil(t, table.claim(a.correlation, a.token), "it is not pending")
	require.Nil(t, table.settle(a.correlation, other.token))
	require.Equal(t, a, table.settle(a.correlation, a.token))
	<-a.settled
	require.Nil(t, table.settle(a.correlation, a.token))
	table.settleAll()
	<-other.settled
	<-other.settledTraced
	require.True(t, table.isEmpty())
}

func TestDueAttemptIsUnsettledAtOnce(t *testing.T) {
	now := time.Now()
	due, later := attemptOf(t, 1), attemptOf(t, 2)
	due.deadline, later.deadline = now, now.Add(1)
	table := newAttemptTable()
	table.add(due)
	table.add(later)
	require.Equal(t, []*attempt{due}, table.unsettleDue(0, now))
	require.False(t, table.isPending(due))
	require.True(t, table.isPending(later))
	require.Contains(t, table.unsettled, due.correlation)
	table.forget(due)
	require.Empty(t, table.unsettled)
}

func TestAttemptIsDueByBothClocks(t *testing.T) {
	now := time.Now()
	a := attemptOf(t, 1)
	a.deadline, a.serveBy = now, 100
	table := newAttemptTable()
	table.add(a)
	require.False(t, table.anyDue(99, now), "the lease has not ended")
	require.False(t, table.anyDue(100, now.Add(-1)), "the deadline has not come")
	require.True(t, table.anyDue(100, now))
	require.Equal(t, now, table.earliest(time.Time{}))
	require.Equal(t, now, table.earliest(now.Add(1)))
	require.Equal(t, now.Add(-1), table.earliest(now.Add(-1)))
}
