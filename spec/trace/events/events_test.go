package events_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoff-go/handoff/registry"
	"github.com/handoff-go/handoff/spec/trace/events"
)

// recording is what a registry tells of a few calls.
func recording(t *testing.T, o registry.Options, calls func(r *registry.Registry, now time.Time)) []registry.Event {
	t.Helper()
	var all []registry.Event
	o.Trace = func(e registry.Event) { all = append(all, e) }
	r, err := registry.New(o)
	require.NoError(t, err)
	calls(r, time.Now())
	return all
}

func options() registry.Options {
	return registry.Options{AckDeadline: time.Second, TokenTTL: 3 * time.Second, MaxPending: 1}
}

func TestRecordTellsWhatTheRegistryTold(t *testing.T) {
	all := recording(t, options(), func(r *registry.Registry, now time.Time) {
		first, err := r.Begin(registry.Backend{}, now)
		require.NoError(t, err)
		_, err = r.Issue(now)
		require.ErrorIs(t, err, registry.ErrFull)
		_ = r.Consume(first, registry.Token{}, now.Add(1))
		_, _ = r.Acknowledge(first, now.Add(time.Second))
		_, _ = r.Acknowledge(first, now.Add(time.Second))
		r.Close()
	})
	trace, err := events.Record("few", options(), all)
	require.NoError(t, err)
	const deadline = events.Instant(time.Second)
	require.Equal(t, events.Trace{
		Name: "few", AckDeadline: time.Second, TokenTTL: 3 * time.Second, MaxPending: 1,
		Events: []events.Event{
			{Op: "Begin", Ref: 1, Now: 0, End: deadline, State: "pending", Answer: "ok"},
			{Op: "Issue", Now: 0, End: events.None, Answer: "ErrFull"},
			{Op: "Consume", Ref: 1, Now: 1, End: deadline, Answer: "ErrTokenMismatch"},
			{Op: "Acknowledge", Ref: 1, Now: deadline, End: deadline, State: "expired", Answer: "DeadlineError"},
			{Op: "Acknowledge", Ref: 1, Now: deadline, End: events.None, Answer: "ErrNotPending"},
			{Op: "Close", Now: events.None, End: events.None, Answer: "ok"},
		},
	}, trace)
	steps, problem := events.Judge(trace)
	require.Empty(t, problem)
	require.Equal(t, 6, steps)
	require.Equal(t, 1, events.Refs(trace.Events))
}

func TestRecordPutsEventsInOrderAndMissesNone(t *testing.T) {
	all := recording(t, options(), func(r *registry.Registry, now time.Time) {
		for range 3 {
			r.ExpireOverdue(now)
		}
	})
	backwards := []registry.Event{all[2], all[0], all[1]}
	trace, err := events.Record("sweeps", options(), backwards)
	require.NoError(t, err)
	require.Len(t, trace.Events, 3)
	_, err = events.Record("sweeps", options(), all[:1:1])
	require.NoError(t, err)
	_, err = events.Record("sweeps", options(), []registry.Event{all[0], all[2]})
	require.ErrorContains(t, err, "event 2 is missing")
}

func TestRecordRefusesWhatHasNoName(t *testing.T) {
	_, err := events.Record("odd", options(), []registry.Event{{Seq: 1, Op: "Sweep", Err: io.ErrUnexpectedEOF}})
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	for _, o := range []registry.Options{
		{TokenTTL: 1, MaxPending: 1}, {AckDeadline: 2, TokenTTL: 1, MaxPending: 1}, {AckDeadline: 1, TokenTTL: 1},
	} {
		_, err := events.Record("odd", o, nil)
		require.Error(t, err, "%+v", o)
	}
	_, err = events.Record("", options(), nil)
	require.Error(t, err)
}

func TestEveryAnswerOfARegistryHasItsName(t *testing.T) {
	for want, err := range map[string]error{
		"ok": nil, "ErrNotPending": registry.ErrNotPending, "ErrAlreadyPending": registry.ErrAlreadyPending,
		"ErrTokenNotLive": registry.ErrTokenNotLive, "ErrTokenExpired": registry.ErrTokenExpired,
		"ErrTokenMismatch": registry.ErrTokenMismatch, "ErrFull": registry.ErrFull, "ErrCollision": registry.ErrCollision,
		"ErrClosed": registry.ErrClosed, "DeadlineError": &registry.DeadlineError{},
	} {
		trace, err := events.Record("one", options(), []registry.Event{{Seq: 1, Op: "Sweep", Err: err}})
		require.NoError(t, err)
		require.Equal(t, want, trace.Events[0].Answer)
	}
}

const sample = `# two traces
trace one ack=1s ttl=3s max=2
Begin ref=1 now=-5 end=999999995 state=pending answer=ok
Consume ref=1 presented=2 now=0 end=999999995 answer=ErrTokenMismatch

Close answer=ok
trace two ack=10ns ttl=13ns max=4
transfer a kind=plain lease=true margin=false links=2
offering broker Begin attempt=1 link=2
link2 broker Acknowledge attempt=1 link=2 failed
offering broker EndConn
link2 broker Drain link=2
`

func TestTextIsReadAsItIsWritten(t *testing.T) {
	recording, err := events.Read(strings.NewReader(sample))
	require.NoError(t, err)
	require.Len(t, recording.Traces, 2)
	require.Len(t, recording.Traces[0].Events, 3)
	require.Equal(t, events.Event{Op: "Begin", Ref: 1, Now: -5, End: 999999995, State: "pending", Answer: "ok"}, recording.Traces[0].Events[0])
	require.Equal(t, events.None, recording.Traces[0].Events[2].Now)
	require.Equal(t, events.Trace{Name: "two", AckDeadline: 10, TokenTTL: 13, MaxPending: 4}, recording.Traces[1])
	begin := events.Step{Thread: "offering", Who: "broker", Op: "Begin", Attempt: 1, Link: 2}
	late := events.Step{Thread: "link2", Who: "broker", Op: "Acknowledge", Attempt: 1, Link: 2, Failed: true}
	end := events.Step{Thread: "offering", Who: "broker", Op: "EndConn"}
	drain := events.Step{Thread: "link2", Who: "broker", Op: "Drain", Link: 2}
	require.Equal(t, []events.Transfer{{Name: "a", Kind: "plain", Lease: true, Links: 2, Steps: []events.Step{begin, late, end, drain}}}, recording.Transfers)
	transfer := recording.Transfers[0]
	require.Equal(t, [][]events.Step{{begin, end}, {late, drain}}, transfer.Threads())
	require.Equal(t, 1, transfer.Attempts())

	var out strings.Builder
	require.NoError(t, recording.Write(&out))
	require.Equal(t, strings.ReplaceAll(strings.ReplaceAll(sample, "# two traces\n", ""), "\n\n", "\n"), out.String())
	require.Error(t, recording.Write(broken{}))
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("no") }

func TestTextThatCannotBeReadIsRefusedByItsLine(t *testing.T) {
	const head = "trace one ack=1s ttl=3s max=2\n"
	const transfer = "transfer a kind=plain lease=true margin=true links=1\n"
	for _, text := range []string{
		"Close answer=ok", "trace", "trace one", "trace one ack=1s ttl=3s max=none", "trace one ack=now ttl=3s max=1",
		"trace one ack=1s ttl=2s max=1 min=1", head + "Close", head + "Close answer=ok when=now", head + "Begin ref=-1 answer=ok",
		head + "Begin presented=x answer=ok", head + "Begin now=soon answer=ok", head + "Begin end=9223372036854775808 answer=ok",
		"transfer", "transfer a kind=other links=1", "transfer a kind=plain links=0", "transfer a kind=plain lease=perhaps links=1",
		"transfer a kind=plain margin=perhaps links=1", "transfer a kind=plain links=x", "transfer a kind=plain links=1 size=2",
		transfer + "offering broker", transfer + "offering broker Begin link=x", transfer + "offering broker Begin attempt=-1", transfer + "offering broker Begin late",
	} {
		_, err := events.Read(strings.NewReader("\n" + text))
		require.ErrorContains(t, err, "line ", "%q", text)
	}
}
