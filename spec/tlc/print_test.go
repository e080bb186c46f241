package main

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoff-go/handoff/internal/results"
)

func TestJSONLinesSayWhatTheTableSays(t *testing.T) {
	as, other := good(), good()
	other.Name, other.Verdict, other.Property, other.Exit = "Other", liveness, "P", 13
	reports := []report{
		{model: as, result: result{verdict: as.Verdict, exit: as.Exit, states: as.States, text: "all of it"}, took: 1500 * time.Millisecond},
		{model: other, result: result{verdict: liveness, exit: 13, states: 1, text: "all of it"}},
	}
	var out bytes.Buffer
	p := printer{out: &out, lines: results.NewWriter(&out)}
	for _, r := range reports {
		p.report(r)
	}
	require.Equal(t, exitDiffers, p.summarize(reports, []string{"a.cfg is in no model"}, time.Second))

	var lines []results.Line
	for text := range bytes.Lines(out.Bytes()) {
		l, err := results.Parse(text)
		require.NoError(t, err)
		lines = append(lines, l)
	}
	require.Len(t, lines, 4)
	require.Equal(t, &results.Model{Name: as.Name, Verdict: "holds", States: as.States, Seconds: 1.5}, lines[0].Model)
	require.False(t, lines[1].Model.OK())
	require.Equal(t, "P", lines[1].Model.Property, "TLC does not name it")
	require.Equal(t, "all of it", lines[1].Model.Output)
	require.Equal(t, "manifest: a.cfg is in no model", lines[2].Problem)
	require.Equal(t, &results.Summary{Passed: 1, Failed: 2, Seconds: 1}, lines[3].Summary)
}
