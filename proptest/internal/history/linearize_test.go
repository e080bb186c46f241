package history

import (
	"math"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/stretchr/testify/require"

	"github.com/handoff-go/handoff/model"
	"github.com/handoff-go/handoff/proptest/internal/contract"
	"github.com/handoff-go/handoff/proptest/internal/race"
	"github.com/handoff-go/handoff/registry"
)

// A call that has not returned may have taken effect at any time since it began, or not at all;
// but not before it began, and not both.
func TestACallThatNeverReturnsIsOpen(t *testing.T) {
	begun := recorded{called: 1, returned: 2, op: "Begin", token: 1}
	acked := func(called int64, err error) recorded {
		return recorded{called: called, returned: called + 1, op: "Acknowledge", token: 1, err: err}
	}
	stats := func(called int64, n uint64) recorded {
		return recorded{called: called, returned: called + 1, op: "Stats",
			stats: registry.Stats{Issued: n, Registered: n, Pending: int(n), Tokens: int(n)}}
	}
	refused := registry.ErrNotPending
	for claim, h := range map[string]struct {
		calls []recorded
		holds bool
	}{
		"it took effect":                          {[]recorded{begun, {called: 3, op: "Acknowledge", token: 1}, acked(4, refused)}, true},
		"it did not take effect yet":              {[]recorded{begun, {called: 3, op: "Acknowledge", token: 1}, acked(4, nil)}, true},
		"it took effect after a later call":       {[]recorded{begun, {called: 3, op: "Abandon", token: 1}, stats(4, 1), acked(6, refused)}, true},
		"it takes effect once":                    {[]recorded{begun, {called: 3, op: "Acknowledge", token: 1}, acked(4, nil), acked(6, nil)}, false},
		"it does not take effect before it began": {[]recorded{begun, acked(3, refused), {called: 5, op: "Acknowledge", token: 1}}, false},
		"it does not undo its effect":             {[]recorded{begun, {called: 3, op: "Abandon", token: 1}, acked(4, refused), acked(6, nil)}, false},
		"an early Expire has no effect":           {[]recorded{begun, {called: 3, op: "Expire", token: 1}, acked(4, refused)}, false},
		"a sweep expired it":                      {[]recorded{begun, {called: 3, op: "ExpireOverdue", now: 10}, acked(4, refused)}, true},
		"a sweep expires nothing early":           {[]recorded{begun, {called: 3, op: "ExpireOverdue", now: 9}, acked(4, refused)}, false},
		"it issued a token":                       {[]recorded{{called: 1, op: "Begin"}, stats(2, 1)}, true},
		"it issued a token later":                 {[]recorded{{called: 1, op: "Begin"}, stats(2, 0), stats(4, 1)}, true},
		"its token is known to others":            {[]recorded{{called: 1, op: "Begin"}, acked(2, nil)}, true},
		"it issues one token":                     {[]recorded{{called: 1, op: "Begin"}, stats(2, 2)}, false},
		"it closed the registry":                  {[]recorded{{called: 1, op: "Close"}, acked(2, registry.ErrClosed)}, true},
		"it does not reopen the registry":         {[]recorded{begun, {called: 3, op: "Close"}, acked(4, registry.ErrClosed), acked(6, nil)}, false},
		"a query has no effect":                   {[]recorded{begun, {called: 3, op: "Stats"}, acked(4, refused)}, false},
	} {
		require.Equal(t, h.holds, isLinearizable(h.calls), claim)
	}
}

// recorded is a call of a history as a test writes it.
type recorded struct {
	called, returned int64 // returned is 0 for a call that has not returned
	op               string
	token            int // from 1; for Begin, the one that it returned
	now              model.Instant
	err              error
	stats            registry.Stats
}

// isLinearizable reports whether an order explains the calls.
func isLinearizable(calls []recorded) bool {
	var returned, open []porcupine.Operation
	for i, c := range calls {
		in := call{op: c.op, now: c.now}
		out := answer{err: c.err, stats: c.stats, open: c.returned == 0}
		var token registry.Token
		if c.token > 0 {
			token = race.RepeatingToken(c.token - 1)
		}
		if c.op == "Begin" && !out.open {
			out.token = token
		} else {
			in.token, in.presented = token, token
		}
		if c.op == "Acknowledge" && c.err == nil {
			out.token = token
		}
		op := porcupine.Operation{ClientId: i, Input: in, Call: c.called, Output: out, Return: c.returned}
		if out.open {
			op.Return = math.MaxInt64
			open = append(open, op)
		} else {
			returned = append(returned, op)
		}
	}
	o := registry.Options{AckDeadline: ackDeadline, TokenTTL: time.Hour, MaxPending: 3}
	return search(specification(model.New(contract.Options(o))), returned, open) != notFound
}
