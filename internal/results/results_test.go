package results_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoff-go/handoff/internal/results"
)

func TestWhatIsWrittenCanBeRead(t *testing.T) {
	lines := []results.Line{
		{Model: &results.Model{Name: "MCAlone", Verdict: "invariant", Property: "P<Q", Exit: 12, States: 7, Seconds: 1.5, Differences: []string{"exit"}, Output: "two\nlines"}},
		{Traces: &results.Traces{Traces: 1, Events: 2, IllegalMutants: 3, RefusedMutants: 3, Seed: 1<<64 - 1}},
		{Mutant: &results.Mutant{Name: "m", Group: "G1", By: "model", Killed: true, Checks: map[string]string{"model": "killed"}}},
		{Problem: "a file in no model"},
		{Summary: &results.Summary{Passed: 1}},
	}
	var out bytes.Buffer
	w := results.NewWriter(&out)
	for _, l := range lines {
		require.NoError(t, w.Write(l))
	}
	written := bytes.Split(bytes.TrimSpace(out.Bytes()), []byte("\n"))
	require.Len(t, written, len(lines), "one a line")
	for i, text := range written {
		read, err := results.Parse(text)
		require.NoError(t, err)
		require.Equal(t, lines[i], read)
	}
	require.Contains(t, out.String(), "P<Q", "readable as it is")
	require.NoError(t, (*results.Writer)(nil).Write(lines[0]))
}

func TestWhatIsNoResultIsRefused(t *testing.T) {
	for _, text := range []string{
		"", "PASS", "{}", `{"model":{}} {"model":{}}`, `{"model":{"name":"a"},"problem":"b"}`, `{"modle":{}}`, `{"model":{"nmae":"a"}}`, `{"model":7}`,
	} {
		_, err := results.Parse([]byte(text))
		require.Error(t, err, text)
	}
}

func TestPassingNeedsSomethingThatPassed(t *testing.T) {
	require.True(t, (&results.Summary{Passed: 1}).OK())
	require.False(t, (&results.Summary{}).OK())
	require.False(t, (&results.Summary{Passed: 1, Failed: 1}).OK())
	require.True(t, (&results.Model{}).OK())
	require.False(t, (&results.Model{Differences: []string{"states"}}).OK())
}

func TestTestEvents(t *testing.T) {
	e, err := results.ParseTest([]byte(`{"Time":"2026-01-02T03:04:05Z","Action":"pass","Package":"m/registry","Test":"TestAllocs/part","Elapsed":0.5}`))
	require.NoError(t, err)
	require.Equal(t, "registry.TestAllocs/part", e.Name())
	top, sub := e.Top()
	require.Equal(t, "TestAllocs", top)
	require.True(t, sub)
	require.Equal(t, 500*time.Millisecond, e.Took())
	e, err = results.ParseTest([]byte(`{"Action":"fail","Package":"m/registry","FailedBuild":"m/registry [m/registry.test]"}`))
	require.NoError(t, err)
	require.Equal(t, "registry", e.Name())
	require.NotEmpty(t, e.FailedBuild)
	for _, text := range []string{"FAIL", "{}", "[]"} {
		_, err = results.ParseTest([]byte(text))
		require.Error(t, err, text)
	}
}
