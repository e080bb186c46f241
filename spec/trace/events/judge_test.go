package events_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoff-go/handoff/spec/trace/events"
)

// Each case is a trace of a registry with a deadline of 10, a TTL of 13 and room
// for two, of which every event but the last fits.
func TestJudgeTakesWhatTheModelDoes(t *testing.T) {
	for name, test := range map[string]struct{ events, problem string }{
		"nothing at all":                   {"", ""},
		"begin and acknowledge":            {"Begin ref=1 now=0 end=10 state=pending answer=ok\nAcknowledge ref=1 now=9 end=10 state=acknowledged answer=ok", ""},
		"a token that lives again":         {"Issue ref=1 now=0 end=13 answer=ok\nAbandon ref=1 end=13 answer=ok\nIssue ref=1 now=0 end=13 answer=ok", ""},
		"a token that is live twice":       {"Issue ref=1 now=0 end=13 answer=ok\nIssue ref=1 now=0 end=13 answer=ok", "the model answers ErrCollision"},
		"a collision":                      {"Issue ref=1 now=0 end=13 answer=ok\nIssue now=0 answer=ErrCollision", ""},
		"a collision that names its token": {"Issue ref=1 now=0 answer=ErrCollision", "did not give"},
		"a collision without room":         {"Issue ref=1 now=0 end=13 answer=ok\nIssue ref=2 now=0 end=13 answer=ok\nBegin now=0 answer=ErrCollision", "the model answers ErrFull"},
		"full":                             {"Issue ref=1 now=0 end=13 answer=ok\nIssue ref=2 now=0 end=13 answer=ok\nBegin now=0 answer=ErrFull", ""},
		"full, but one is over":            {"Issue ref=1 now=0 end=13 answer=ok\nIssue ref=2 now=1 end=14 answer=ok\nBegin now=13 answer=ErrFull", "dropped a token first"},
		"full, and room is made":           {"Issue ref=1 now=0 end=13 answer=ok\nIssue ref=2 now=1 end=14 answer=ok\nDrop ref=1 now=13 end=13 answer=ok\nBegin ref=3 now=13 end=23 state=pending answer=ok", ""},
		"no random bytes":                  {"Issue now=0 answer=RandomFailed", ""},
		"the zero token":                   {"Issue now=0 end=13 answer=ok", "the model answers ErrCollision"},
		"a deadline cut short":             {"Issue ref=1 now=0 end=13 answer=ok\nRegister ref=1 now=5 end=13 state=pending answer=ok", ""},
		"a deadline not cut short":         {"Issue ref=1 now=0 end=13 answer=ok\nRegister ref=1 now=5 end=15 state=pending answer=ok", "another end"},
		"a drop too early":                 {"Issue ref=1 now=0 end=13 answer=ok\nDrop ref=1 now=12 end=13 answer=ok", "it is not over"},
		"a drop of what is pending":        {"Begin ref=1 now=0 end=10 state=pending answer=ok\nDrop ref=1 now=12 end=10 answer=ok", "nothing is there"},
		"an ACK at the deadline":           {"Begin ref=1 now=0 end=10 state=pending answer=ok\nAcknowledge ref=1 now=10 end=10 state=acknowledged answer=ok", "the model answers DeadlineError"},
		"another outcome":                  {"Begin ref=1 now=0 end=10 state=pending answer=ok\nAcknowledge ref=1 now=10 end=10 state=abandoned answer=DeadlineError", `the model comes to "expired"`},
		"an expiry that is none":           {"Begin ref=1 now=0 end=10 state=pending answer=ok\nExpire ref=1 now=9 end=10 answer=ok", ""},
		"consumed twice":                   {"Begin ref=1 now=0 end=10 state=pending answer=ok\nConsume ref=1 presented=1 now=0 end=10 answer=ok\nConsume ref=1 presented=1 now=0 end=10 answer=ErrTokenNotLive", ""},
		"a sweep too soon done":            {"Issue ref=1 now=0 end=13 answer=ok\nSweep now=13 answer=ok", "something is over"},
		"a sweep of nothing":               {"Issue ref=1 now=0 end=13 answer=ok\nSweep now=12 answer=ok", ""},
		"the steps of Close":               {"Begin ref=1 now=0 end=10 state=pending answer=ok\nIssue ref=2 now=0 end=13 answer=ok\nClose answer=ok\nAbandon ref=2 end=13 answer=ErrClosed\nAbandon ref=1 end=10 state=abandoned answer=ok\nDrop ref=2 end=13 answer=ok\nSweep now=99 answer=ErrClosed\nClose answer=ErrClosed", ""},
		"a call that ends it after Close":  {"Begin ref=1 now=0 end=10 state=pending answer=ok\nClose answer=ok\nExpire ref=1 now=10 end=10 state=expired answer=ok", "the model answers ErrClosed"},
		"a timed drop after Close":         {"Issue ref=1 now=0 end=13 answer=ok\nClose answer=ok\nDrop ref=1 now=13 end=13 answer=ok", "handed a time"},
		"an untimed step":                  {"Begin ref=1 end=10 state=pending answer=ok", "handed a time"},
		"a timed Close":                    {"Close now=1 answer=ok", "handed a time"},
		"another step":                     {"Extend ref=1 now=1 answer=ok", "no such step"},
	} {
		t.Run(name, func(t *testing.T) {
			recording, err := events.Read(strings.NewReader("trace one ack=10ns ttl=13ns max=2\n" + test.events))
			require.NoError(t, err)
			steps, problem := events.Judge(recording.Traces[0])
			if test.problem == "" {
				require.Empty(t, problem)
				require.Len(t, recording.Traces[0].Events, steps)
				return
			}
			require.Contains(t, problem, test.problem)
			require.Len(t, recording.Traces[0].Events, steps+1)
		})
	}
}

func TestJudgeKnowsWhatIsEndless(t *testing.T) {
	recording, err := events.Read(strings.NewReader("trace one ack=1ns ttl=1000000h max=2\nIssue ref=1 now=0 answer=ok\nRegister ref=1 now=5 end=6 state=pending answer=ok\nSweep now=5 answer=ok"))
	require.NoError(t, err)
	_, problem := events.Judge(recording.Traces[0])
	require.Empty(t, problem)
}
