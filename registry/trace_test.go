package registry_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/handoff-go/handoff/fsm"
	"github.com/handoff-go/handoff/registry"
	"github.com/stretchr/testify/require"
)

// A call that Close refuses has ErrClosed in the trace, although Abandon, Expire and
// ExpireOverdue return the same as for an empty registry.
func TestTraceReportsClosed(t *testing.T) {
	var last registry.Event
	r := open(t, registry.Options{Trace: func(e registry.Event) { last = e }})
	token := begin(t, r, epoch)
	r.Close()
	for op, call := range map[string]func(){
		"Abandon": func() { r.Abandon(token) }, "Expire": func() { r.Expire(token, epoch) },
		"Sweep": func() { r.ExpireOverdue(epoch) }, "Close": func() { r.Close() },
	} {
		call()
		require.Equal(t, op, last.Op)
		require.ErrorIs(t, last.Err, registry.ErrClosed)
	}
}

func TestTraceReportsEveryStepInOrder(t *testing.T) {
	var events []registry.Event
	r := open(t, registry.Options{AckDeadline: 3, TokenTTL: 4, MaxPending: 2, Trace: func(e registry.Event) { events = append(events, e) }})
	at := func(n int) time.Time { return epoch.Add(time.Duration(n)) }

	a := issue(t, r, at(0))
	b := begin(t, r, at(0))
	_, full := r.Issue(at(3))
	c := issue(t, r, at(4)) // drops a
	late := r.Consume(b, c, at(5))
	require.NoError(t, r.Register(c, cache, at(5)))
	d := begin(t, r, at(6))
	_, none := r.Acknowledge(a, at(6))
	require.NoError(t, r.Consume(c, c, at(6)))
	r.ExpireOverdue(at(8))
	r.ExpireOverdue(at(8))
	_, err := r.Acknowledge(d, at(8))
	require.NoError(t, err)
	issue(t, r, at(8))
	begin(t, r, at(8))
	r.Close()
	r.Close()

	type told struct {
		op    string
		state fsm.State
		err   error
		now   int
		end   int
	}
	var got []told
	for i, e := range events {
		require.EqualValues(t, i+1, e.Seq)
		got = append(got, told{e.Op, e.State, e.Err, since(e.Now), since(e.End)})
	}
	require.Equal(t, []told{
		{"Issue", 0, nil, 0, 4},
		{"Begin", fsm.Pending, nil, 0, 3},
		{"Issue", 0, full, 3, none_},
		{"Drop", 0, nil, 4, 4},
		{"Issue", 0, nil, 4, 8},
		{"Consume", fsm.Expired, late, 5, 3},
		{"Register", fsm.Pending, nil, 5, 8},
		{"Begin", fsm.Pending, nil, 6, 9},
		{"Acknowledge", 0, none, 6, none_}, // a was dropped
		{"Consume", 0, nil, 6, 8},
		{"Expire", fsm.Expired, nil, 8, 8},
		{"Sweep", 0, nil, 8, none_},
		{"Sweep", 0, nil, 8, none_},
		{"Acknowledge", fsm.Acknowledged, nil, 8, 9},
		{"Issue", 0, nil, 8, 12},
		{"Begin", fsm.Pending, nil, 8, 11},
		{"Close", 0, nil, none_, none_},
		{"Abandon", fsm.Abandoned, nil, none_, 11},
		{"Drop", 0, nil, none_, 12},
		{"Close", 0, registry.ErrClosed, none_, none_},
	}, got)

	require.Equal(t, events[0].Ref, events[3].Ref, "one token has one Ref")
	require.Equal(t, events[5].Presented, events[6].Ref)
	names := map[uint64]bool{}
	for _, i := range []int{0, 1, 4, 7, 14, 15} {
		require.NotZero(t, events[i].Ref)
		names[events[i].Ref] = true
	}
	require.Len(t, names, 6, "another token has another Ref")
	require.Equal(t, cache, events[5].Backend)
	require.Zero(t, events[11].Ref)
}

// A refused Register has the end of the token that it found.
func TestTraceReportsTheEndOfATokenThatIsRefused(t *testing.T) {
	var last registry.Event
	r := open(t, registry.Options{AckDeadline: 3, TokenTTL: 4, Trace: func(e registry.Event) { last = e }})
	token := begin(t, r, epoch)
	require.ErrorIs(t, r.Register(token, cache, epoch), registry.ErrAlreadyPending)
	require.Equal(t, 3, since(last.End))
	token = issue(t, r, epoch)
	require.ErrorIs(t, r.Register(token, cache, epoch.Add(4)), registry.ErrTokenExpired)
	require.Equal(t, 4, since(last.End))
}

// An end that time never reaches is none.
func TestTraceReportsNoEndThatIsNeverReached(t *testing.T) {
	var last registry.Event
	r := open(t, registry.Options{AckDeadline: 1<<63 - 1, TokenTTL: 1<<63 - 1, Trace: func(e registry.Event) { last = e }})
	begin(t, r, epoch)
	require.Equal(t, registry.OpBegin, last.Op)
	require.Zero(t, last.End)
}

// none_ stands for an instant that an event does not have.
const none_ = -1 << 30

func since(t time.Time) int {
	if t.IsZero() {
		return none_
	}
	return int(t.Sub(epoch))
}

// Seq is the order of effect: replayed in it, the events of racing callers give
// exactly the counts that the registry ends with.
func TestTraceOrdersRacingCalls(t *testing.T) {
	var mu sync.Mutex
	var events []registry.Event
	r := open(t, registry.Options{MaxPending: 8, AckDeadline: time.Second, Trace: func(e registry.Event) {
		mu.Lock()
		defer mu.Unlock()
		events = append(events, e)
	}})
	var callers sync.WaitGroup
	for range 4 {
		callers.Go(func() {
			for i := range 200 {
				now := epoch.Add(time.Duration(i) * time.Millisecond)
				token, err := r.Begin(cache, now)
				if err == nil && i%3 != 0 {
					_, _ = r.Acknowledge(token, now)
				}
				r.ExpireOverdue(now.Add(-10 * time.Millisecond).Add(time.Second))
			}
		})
	}
	callers.Wait()
	r.Close()
	slices.SortFunc(events, func(a, b registry.Event) int { return int(a.Seq) - int(b.Seq) })
	state := map[uint64]fsm.State{}
	var told registry.Stats
	for i, e := range events {
		require.EqualValues(t, i+1, e.Seq)
		switch {
		case e.State == fsm.Pending:
			require.Zero(t, state[e.Ref])
			told.Registered++
			told.Issued++
		case e.State.Terminal():
			require.Equal(t, fsm.Pending, state[e.Ref], "%s of a handoff that is not pending", e.Op)
			told.Revoked++
			switch e.State {
			case fsm.Acknowledged:
				told.Acknowledged++
			case fsm.Expired:
				told.Expired++
			case fsm.Abandoned:
				told.Abandoned++
			}
		}
		if e.State != 0 {
			state[e.Ref] = e.State
		}
	}
	require.Equal(t, r.Stats(), told)
	require.NotZero(t, told.Acknowledged)
	require.NotZero(t, told.Expired)
}
