package tracing_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoff-go/handoff/cmd/handoff/internal/tracing"
	"github.com/handoff-go/handoff/spec/trace/events"
)

func TestARunWithFaultsIsAPathThroughTheModel(t *testing.T) {
	cfg := tracing.Default()
	cfg.Connections = 60
	trace, err := tracing.Run(t.Context(), cfg)
	require.NoError(t, err)
	steps, problem := events.Judge(trace)
	require.Empty(t, problem, "event %d of\n%v", steps+1, trace.Events)

	begun, left := 0, map[string]int{}
	for _, e := range trace.Events {
		if e.State == "pending" {
			begun++
		} else if e.State != "" {
			left[e.State]++
		}
	}
	require.Equal(t, begun, left["acknowledged"]+left["expired"]+left["abandoned"], "each handoff left")
	require.Positive(t, left["acknowledged"])
	require.Positive(t, left["expired"]+left["abandoned"], "there were faults")
	require.Equal(t, "Close", trace.Events[len(trace.Events)-1].Op)
}

func TestTheCommandWritesWhatCanBeRead(t *testing.T) {
	file := filepath.Join(t.TempDir(), "trace")
	for _, args := range [][]string{{"-o", file}, nil} {
		var out, errs bytes.Buffer
		require.Zero(t, tracing.Main(append(args, "-connections", "5", "-in-flight", "2"), &out, &errs), errs.String())
		require.Contains(t, errs.String(), "events of 5 connections")
		text := out.String()
		if len(args) > 0 {
			require.Empty(t, text)
			b, err := os.ReadFile(file)
			require.NoError(t, err)
			text = string(b)
		}
		traces, err := events.Read(strings.NewReader(text))
		require.NoError(t, err)
		require.Len(t, traces, 1)
		require.Equal(t, 150*time.Millisecond, traces[0].AckDeadline)
	}
}

func TestARunThatIsBrokenOffIsAnError(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := tracing.Run(ctx, tracing.Default())
	require.ErrorIs(t, err, context.Canceled)
	var out, errs bytes.Buffer
	require.Equal(t, 1, tracing.Main([]string{"-connections", "1", "-o", t.TempDir()}, &out, &errs))
	require.Contains(t, errs.String(), "is a directory")
}
