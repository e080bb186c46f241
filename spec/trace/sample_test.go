package main

import (
	"bytes"
	"flag"
	"io"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoff-go/handoff/spec/trace/events"
)

var update = flag.Bool("update", false, "write the sample's module")

// The sample is checked with the models of the specification: that what it
// describes are steps of HandoffAck, and that it is refused with another deadline.
func TestTheSampleIsWrittenAsItReads(t *testing.T) {
	text, err := os.Open("testdata/sample.txt")
	require.NoError(t, err)
	defer text.Close()
	recording, err := events.Read(text)
	require.NoError(t, err)
	steps, problem := events.Judge(recording.Traces[0])
	require.Empty(t, problem, "event %d", steps+1)

	const file = "TraceSample.tla"
	var module bytes.Buffer
	require.NoError(t, batch{{Trace: recording.Traces[0]}}.write("TraceSample", &module, io.Discard))
	if *update {
		require.NoError(t, os.WriteFile(file, module.Bytes(), 0o644))
	}
	golden, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(golden), module.String(), "go test ./spec/trace -run Sample -update writes it")
}
