package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoff-go/handoff/internal/results"
	"github.com/handoff-go/handoff/spec/trace/events"
)

const printed = `
@!@!@STARTMSG 2185:0 @!@!@
Starting... (2026-01-01 00:00:00)
"accepted 1 0 3 "
"accepted 1 1 2 "
"refused 1 2 1 [now |-> 0, live |-> {[ref |-> 1, handoff |-> \"pending\"]}]"
`

func TestVerdictsAreReadAsTheModulePrintsThem(t *testing.T) {
	verdicts, err := read(printed)
	require.NoError(t, err)
	require.Equal(t, map[place]verdict{
		{1, 0}: {accepted: true, steps: 3},
		{1, 1}: {accepted: true, steps: 2},
		{1, 2}: {steps: 1, before: `[now |-> 0, live |-> {[ref |-> 1, handoff |-> "pending"]}]`},
	}, verdicts)
	_, err = read(printed + `"accepted 1 0 3 "`)
	require.ErrorContains(t, err, "two verdicts")
	_, err = read(`"accepted 1 zero 3 "`)
	require.Error(t, err)
}

// theBatch has a legal edit, which leaves out the Consume, and an illegal one,
// whose ACK is of a token that has left.
func theBatch(t *testing.T) batch {
	ack := events.Event{Op: "Acknowledge", Ref: 1, Now: 2e9, End: 3e9, State: "acknowledged", Answer: "ok"}
	return batch{{Trace: read1(t, small), edits: []edit{
		{kind: dropped, after: 1, cut: 1},
		{kind: altered, after: 1, cut: 1, put: []events.Event{ack, ack}},
	}}}
}

func TestTheReportNamesEveryDisagreement(t *testing.T) {
	agreed := func() map[place]verdict {
		return map[place]verdict{{1, 0}: {accepted: true, steps: 3}, {1, 1}: {accepted: true, steps: 2}, {1, 2}: {steps: 2}}
	}
	report := func(change func(map[place]verdict)) *report {
		verdicts := agreed()
		change(verdicts)
		r := &report{}
		r.add(theBatch(t), verdicts)
		return r
	}
	r := report(func(map[place]verdict) {})
	require.Empty(t, r.problems)
	require.Equal(t, tally{illegal: 1, refused: 1, legal: 1, accepted: 1}, r.total())
	require.Equal(t, 1, r.traces)
	require.Equal(t, 3, r.events)

	var out strings.Builder
	r.print(&out)
	require.Contains(t, out.String(), "1 traces of 3 events; refused 1 of 1 illegal mutants, and taken 1 of 1 legal ones\n")
	require.NotContains(t, out.String(), "transfers")

	for name, change := range map[string]func(map[place]verdict){
		"answer after event 1 of trace small: HandoffAck takes it, and the model refuses event 3": func(v map[place]verdict) { v[place{1, 2}] = verdict{accepted: true, steps: 3} },
		"answer after event 1 of trace small: HandoffAck refuses event 2, and the model event 3":  func(v map[place]verdict) { v[place{1, 2}] = verdict{steps: 1} },
		"drop after event 1 of trace small: the model takes it, and HandoffAck refuses event 2":   func(v map[place]verdict) { v[place{1, 1}] = verdict{steps: 1} },
		"drop after event 1 of trace small: nothing is said of it":                                func(v map[place]verdict) { delete(v, place{1, 1}) },
		"trace small is no path through HandoffAck: event 2 does not fit:\n  Consume ref=1":       func(v map[place]verdict) { v[place{1, 0}] = verdict{steps: 1, before: "[now |-> 0]"} },
	} {
		r := report(change)
		require.Len(t, r.problems, 1, name)
		require.Contains(t, r.problems[0], name)
		var out strings.Builder
		r.print(&out)
		require.Contains(t, out.String(), name)
	}
}

func TestJSONLinesSayWhatTheTextSays(t *testing.T) {
	r := &report{transfers: 2, steps: 9, spoilt: 1, seed: 7, took: 2 * time.Second}
	r.add(theBatch(t), map[place]verdict{{1, 0}: {accepted: true, steps: 3}, {1, 1}: {accepted: true, steps: 2}, {1, 2}: {steps: 2}})
	var out bytes.Buffer
	require.Equal(t, exitOK, r.write(results.NewWriter(&out)))
	traces, summary, _ := bytes.Cut(out.Bytes(), []byte("\n"))
	l, err := results.Parse(traces)
	require.NoError(t, err)
	require.Equal(t, &results.Traces{Traces: 1, Events: 3, IllegalMutants: 1, RefusedMutants: 1, LegalMutants: 1, AcceptedMutants: 1,
		Transfers: 2, Steps: 9, SpoiltRefused: 1, Seed: 7, Seconds: 2}, l.Traces)
	l, err = results.Parse(summary)
	require.NoError(t, err)
	require.Equal(t, &results.Summary{Passed: 6, Seconds: 2}, l.Summary)

	r.problem("trace 1: wrong")
	out.Reset()
	require.Equal(t, exitDiffers, r.write(results.NewWriter(&out)))
	require.Contains(t, out.String(), `{"problem":"trace 1: wrong"}`)
	require.Contains(t, out.String(), `"failed":1`)
}

func TestATraceThatTheModelRefusesIsAProblemToo(t *testing.T) {
	b := theBatch(t)
	b[0].Events = append(b[0].Events, b[0].Events[0])
	b[0].edits = nil
	r := &report{}
	r.add(b, map[place]verdict{{1, 0}: {accepted: true, steps: 4}})
	require.Len(t, r.problems, 1)
	require.Contains(t, r.problems[0], "trace small is no path through the model: event 4 does not fit")
}
