package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoff-go/handoff/spec/trace/events"
)

func read1(t *testing.T, text string) events.Trace {
	t.Helper()
	recording, err := events.Read(strings.NewReader(text))
	require.NoError(t, err)
	require.Len(t, recording.Traces, 1)
	return recording.Traces[0]
}

const small = `trace small ack=2s ttl=6s max=2
Begin ref=1 now=1000000000 end=3000000000 state=pending answer=ok
Consume ref=1 presented=2 now=1000000500 end=3000000000 answer=ErrTokenMismatch
Close answer=ok
`

func TestTheModuleIsWhatTheTraceSays(t *testing.T) {
	trace := read1(t, small)
	b := batch{{Trace: trace, edits: []edit{{kind: shifted, after: 1, cut: 1, put: []events.Event{
		{Op: "Begin", Ref: 3, Now: 5e9, End: 7e9, State: "pending", Answer: "ok"},
	}}}}}
	var module, cfg bytes.Buffer
	require.NoError(t, b.write(moduleName, &module, &cfg))
	// The ends at 3 s, 5 s and 7 s have the same rest as 1 s, and 500 ns later is
	// the other: a step of 2 s counts for two.
	require.Contains(t, module.String(), `
RecordedTokens == 1..3
RecordedRefs == 1..3

AllTraces == <<
  <<E("Begin", 1, 0, 0, 2, "pending", "ok"),
    E("Consume", 1, 2, 1, 2, "none", "ErrTokenMismatch"),
    E("Close", 0, 0, -1, 13, "none", "ok")>>>>
RecordedTraces == AllTraces

AllEdits == <<
  <<
    [after |-> 1, cut |-> 1, put |-> <<E("Begin", 3, 0, 4, 6, "pending", "ok")>>]>>>>
RecordedEdits == AllEdits
====
`)
	require.Equal(t, `SPECIFICATION TraceSpec
CONSTANTS
  MaxPending = 2
  AckDeadline = 2
  TokenTTL = 6
  Horizon = 12
  Tokens <- RecordedTokens
  Refs <- RecordedRefs
  Traces <- RecordedTraces
  Edits <- RecordedEdits
INVARIANTS
  TypeOK
  TraceTypeOK
CHECK_DEADLOCK FALSE
`, cfg.String())
}

func TestWhatIsEndlessLeadsBeyondTheLastInstant(t *testing.T) {
	b := batch{{Trace: read1(t, "trace one ack=6ns ttl=2000000h max=1\nIssue ref=1 now=0 answer=ok\nSweep now=70 answer=ok")}}
	var module, cfg bytes.Buffer
	require.NoError(t, b.write(moduleName, &module, &cfg))
	require.Contains(t, cfg.String(), "AckDeadline = 2\n  TokenTTL = 26\n  Horizon = 25\n", "11 steps of 2, a rest of 1, and 2 more")
	require.Contains(t, module.String(), `E("Issue", 1, 0, 0, 26, "none", "ok")`)
}

func TestTracesWithTheSameOptionsAreOneBatch(t *testing.T) {
	of := func(ack int) recorded {
		return recorded{Trace: events.Trace{Name: "x", AckDeadline: 1, TokenTTL: 5, MaxPending: ack}}
	}
	require.Equal(t, []batch{{of(1), of(1)}, {of(2)}}, batches([]recorded{of(1), of(2), of(1)}))
}

func TestWhatTheSpecificationHasNoPlaceForIsNotWritten(t *testing.T) {
	for name, text := range map[string]string{
		"a quotation mark":   "trace one ack=1s ttl=2s max=1\nClose answer=\"",
		"too many steps":     "trace one ack=1ns ttl=1h max=1\nSweep now=0 answer=ok",
		"too late an end":    "trace one ack=1ns ttl=2ns max=1\nSweep now=0 answer=ok\nSweep now=9000000000 answer=ok",
		"too late, and more": "trace one ack=1ns ttl=2ns max=1\nSweep now=0 end=9000000000 answer=ok",
	} {
		var module, cfg bytes.Buffer
		require.Error(t, batch{{Trace: read1(t, text)}}.write(moduleName, &module, &cfg), name)
	}
}
