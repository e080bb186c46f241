package oracle_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoff-go/handoff/fsm"
	"github.com/handoff-go/handoff/proptest/internal/oracle"
	"github.com/handoff-go/handoff/registry"
)

const none = oracle.Guarantee(0)

func token(n byte) registry.Token {
	t, _ := registry.ParseToken([]byte{registry.TokenSize - 1: n})
	return t
}

// The oracle finds each violation that it is there to find. A registry that is wrong breaks the
// comparison with the model, too, so no other test would notice if the oracle were blind.
func TestOracleFindsEachViolation(t *testing.T) {
	start := time.Unix(1000, 0)
	at := func(n int) time.Time { return start.Add(time.Duration(n)) }
	one, other := token(1), token(2)
	left := func(s fsm.State) registry.Exit { return registry.Exit{Token: one, State: s} }

	fresh := func(*oracle.Oracle) {}
	issued := func(o *oracle.Oracle) { require.NoError(t, o.Issued(one, at(0))) }
	pending := func(o *oracle.Oracle) { issued(o); require.NoError(t, o.Registered(one, at(2))) }
	ended := func(o *oracle.Oracle) {
		pending(o)
		require.NoError(t, o.Exited(left(fsm.Acknowledged), at(3)))
	}
	full := func(o *oracle.Oracle) {
		pending(o)
		require.NoError(t, o.Issued(other, at(2)))
		require.NoError(t, o.Registered(other, at(2)))
		require.NoError(t, o.Issued(token(3), at(2)))
	}

	for name, c := range map[string]struct {
		before func(*oracle.Oracle)
		then   func(*oracle.Oracle) error
		want   oracle.Guarantee
	}{
		"a revoked token is issued again":    {ended, func(o *oracle.Oracle) error { return o.Issued(one, at(4)) }, none},
		"a pending token is issued again":    {pending, func(o *oracle.Oracle) error { return o.Issued(one, at(4)) }, oracle.LeavesExactlyOnce},
		"the zero token is issued":           {fresh, func(o *oracle.Oracle) error { return o.Issued(registry.Token{}, at(0)) }, oracle.OnlyLiveTokens},
		"Register of a pending token":        {pending, func(o *oracle.Oracle) error { return o.Registered(one, at(3)) }, oracle.LeavesExactlyOnce},
		"Register of a revoked token":        {ended, func(o *oracle.Oracle) error { return o.Registered(one, at(3)) }, oracle.AlwaysRevoked},
		"Register of an unknown token":       {issued, func(o *oracle.Oracle) error { return o.Registered(other, at(3)) }, oracle.OnlyLiveTokens},
		"Register above MaxPending":          {full, func(o *oracle.Oracle) error { return o.Registered(token(3), at(3)) }, oracle.Bounded},
		"Consume":                            {pending, func(o *oracle.Oracle) error { return o.Consumed(one, one) }, none},
		"Consume with another token":         {pending, func(o *oracle.Oracle) error { return o.Consumed(one, other) }, oracle.OnlyLiveTokens},
		"Consume of a revoked token":         {ended, func(o *oracle.Oracle) error { return o.Consumed(one, one) }, oracle.AlwaysRevoked},
		"Consume of an unknown token":        {issued, func(o *oracle.Oracle) error { return o.Consumed(other, other) }, oracle.OnlyLiveTokens},
		"Acknowledge before the deadline":    {pending, func(o *oracle.Oracle) error { return o.Acknowledged(one, at(11)) }, none},
		"Acknowledge at the deadline":        {pending, func(o *oracle.Oracle) error { return o.Acknowledged(one, at(12)) }, oracle.OneDeadline},
		"Acknowledge of a revoked token":     {ended, func(o *oracle.Oracle) error { return o.Acknowledged(one, at(4)) }, oracle.AlwaysRevoked},
		"Acknowledge of an issued token":     {issued, func(o *oracle.Oracle) error { return o.Acknowledged(one, at(4)) }, oracle.OnlyLiveTokens},
		"Acknowledge of an unknown token":    {issued, func(o *oracle.Oracle) error { return o.Acknowledged(other, at(4)) }, oracle.OnlyLiveTokens},
		"a revoked token is live":            {ended, func(o *oracle.Oracle) error { return o.Live(one) }, oracle.AlwaysRevoked},
		"an unknown token is live":           {issued, func(o *oracle.Oracle) error { return o.Live(other) }, oracle.OnlyLiveTokens},
		"expired at the deadline":            {pending, func(o *oracle.Oracle) error { return o.Exited(left(fsm.Expired), at(12)) }, none},
		"expired before the deadline":        {pending, func(o *oracle.Oracle) error { return o.Exited(left(fsm.Expired), at(11)) }, oracle.OneDeadline},
		"left twice":                         {ended, func(o *oracle.Oracle) error { return o.Exited(left(fsm.Abandoned), at(4)) }, oracle.LeavesExactlyOnce},
		"left, but was only issued":          {issued, func(o *oracle.Oracle) error { return o.Exited(left(fsm.Abandoned), at(4)) }, oracle.LeavesExactlyOnce},
		"left as pending":                    {pending, func(o *oracle.Oracle) error { return o.Exited(left(fsm.Pending), at(4)) }, oracle.LeavesExactlyOnce},
		"closed with nothing pending":        {ended, func(o *oracle.Oracle) error { return o.Closed() }, none},
		"closed with a handoff pending":      {pending, func(o *oracle.Oracle) error { return o.Closed() }, oracle.LeavesExactlyOnce},
		"closed with a live token":           {ended, func(*oracle.Oracle) error { return oracle.CheckClosed(1) }, oracle.Ends},
		"swept, and only never is left":      {pending, func(*oracle.Oracle) error { return oracle.CheckSwept(1, 1) }, none},
		"swept, and one is left":             {pending, func(*oracle.Oracle) error { return oracle.CheckSwept(1, 0) }, oracle.Ends},
		"Stats are what was told":            {pending, counted(registry.Stats{Issued: 1, Registered: 1, Pending: 1, Tokens: 1}), none},
		"Stats lose a pending handoff":       {pending, counted(registry.Stats{Issued: 1, Registered: 1}), oracle.Conserved},
		"Stats have another outcome":         {ended, counted(registry.Stats{Issued: 1, Registered: 1, Abandoned: 1, Revoked: 1}), oracle.Conserved},
		"Stats have more than was issued":    {pending, counted(registry.Stats{Issued: 2, Registered: 1, Pending: 1, Tokens: 2}), oracle.Conserved},
		"Stats have tokens above MaxPending": {full, counted(registry.Stats{Issued: 3, Registered: 2, Pending: 2, Tokens: 3}), oracle.Bounded},
		"Consume of a consumed token": {pending, func(o *oracle.Oracle) error {
			require.NoError(t, o.Consumed(one, one))
			return o.Consumed(one, one)
		}, oracle.OnlyLiveTokens},
		"a consumed token is acknowledged": {pending, func(o *oracle.Oracle) error {
			require.NoError(t, o.Consumed(one, one))
			return o.Acknowledged(one, at(3))
		}, none},
		"a consumed token is registered": {issued, func(o *oracle.Oracle) error {
			require.NoError(t, o.Consumed(one, one))
			return o.Registered(one, at(3))
		}, oracle.AlwaysRevoked},
		"expired before the end of its token, which is the earlier one": {issued, func(o *oracle.Oracle) error {
			require.NoError(t, o.Registered(one, at(9)))
			return o.Exited(left(fsm.Expired), at(14))
		}, oracle.OneDeadline},
		"waited a negative time": {pending, func(o *oracle.Oracle) error {
			return o.Exited(registry.Exit{Token: one, State: fsm.Acknowledged, Waited: -1}, at(4))
		}, oracle.SaturatingTime},
	} {
		t.Run(name, func(t *testing.T) {
			o := oracle.New(oracle.Options{AckDeadline: 10, TokenTTL: 15, MaxPending: 2})
			c.before(o)
			requireViolation(t, c.want, c.then(o))
		})
	}
}

func counted(s registry.Stats) func(*oracle.Oracle) error {
	return func(o *oracle.Oracle) error { return o.Counted(s) }
}

func requireViolation(t *testing.T, want oracle.Guarantee, err error) {
	t.Helper()
	if want == none {
		require.NoError(t, err)
		return
	}
	var violation *oracle.Violation
	require.True(t, errors.As(err, &violation), "%v", err)
	require.Equal(t, want, violation.Guarantee)
	require.ErrorContains(t, err, want.String())
}

func TestCheckConservedFindsEachLostCount(t *testing.T) {
	good := registry.Stats{Issued: 6, Revoked: 4, Registered: 5, Acknowledged: 1, Expired: 1, Abandoned: 2, Pending: 1, Tokens: 2}
	require.NoError(t, oracle.CheckConserved(good))
	require.NoError(t, oracle.CheckConserved(registry.Stats{}))
	for name, change := range map[string]func(*registry.Stats){
		"Issued":       func(s *registry.Stats) { s.Issued++ },
		"Revoked":      func(s *registry.Stats) { s.Revoked-- },
		"Registered":   func(s *registry.Stats) { s.Registered++ },
		"Acknowledged": func(s *registry.Stats) { s.Acknowledged++ },
		"Expired":      func(s *registry.Stats) { s.Expired-- },
		"Abandoned":    func(s *registry.Stats) { s.Abandoned++ },
		"Pending":      func(s *registry.Stats) { s.Pending-- },
		"Tokens":       func(s *registry.Stats) { s.Tokens++ },
	} {
		bad := good
		change(&bad)
		require.ErrorContains(t, oracle.CheckConserved(bad), "G6", name)
	}
}

func TestGuaranteesHaveTheNamesOfTheSpecification(t *testing.T) {
	require.Equal(t, "G1 LeavesExactlyOnce", oracle.LeavesExactlyOnce.String())
	require.Equal(t, "G8 SaturatingTime", oracle.SaturatingTime.String())
	require.Equal(t, "Guarantee(0)", none.String())
	require.Equal(t, "Guarantee(9)", oracle.Guarantee(9).String())
}
