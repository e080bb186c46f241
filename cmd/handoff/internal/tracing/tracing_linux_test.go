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
	recording, err := tracing.Run(t.Context(), cfg)
	require.NoError(t, err)
	trace := recording.Traces[0]
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

// A machine that stands still for a whole deadline turns one scenario into another,
// so each has several chances.
func TestEachScenarioComesAbout(t *testing.T) {
	seen := map[string]map[string]bool{}
	var missing []string
	for range 5 {
		recording, err := tracing.Run(t.Context(), tracing.Config{Connections: 1, InFlight: 1, AckDeadline: tracing.Default().AckDeadline})
		require.NoError(t, err)
		require.Len(t, recording.Transfers, 21)
		for _, p := range recording.Transfers {
			require.True(t, p.Lease, "all are in one process")
			if seen[p.Name] == nil {
				seen[p.Name] = map[string]bool{}
			}
			for _, s := range p.Steps {
				name := s.Who + " " + s.Op
				if s.Failed {
					name += " failed"
				}
				seen[p.Name][name] = true
			}
		}
		if missing = missed(seen); len(missing) == 0 {
			return
		}
	}
	require.Empty(t, missing, "%v", seen)
}

// missed returns what a scenario is there for and did not show.
func missed(seen map[string]map[string]bool) []string {
	want := map[string][]string{
		"owned-explicit":      {"client ReadReady"},
		"unaccepted-explicit": {"client ReadFallback"},
		"unaccepted-plain":    {"broker EndConn"},
		"stuck-explicit":      {"broker SendFallback"},
		"left-explicit":       {"broker Abandon"},
		"left-plain":          {"broker Abandon", "backend CloseCopy"},
		"given-up-plain":      {"broker Abandon", "broker Fence"},
	}
	for scenario, steps := range map[string][]string{
		"owned":      {"backend Own", "broker SendCommit", "backend Serve"},
		"committed":  {"backend ReadClock failed", "backend ReadCommit", "backend Own"},
		"queued":     {"backend ReadOffer", "backend Serve"},
		"lapsed":     {"backend SendNack", "broker ReadNack"},
		"expired":    {"broker Expire", "broker SendRevoke", "broker Settle"},
		"unaccepted": {"broker Expire"},
		"uncertain":  {"backend ReadClock failed", "broker SendCommit", "backend ReadCommit"},
		"late":       {"broker Acknowledge failed", "broker Fence"},
		"stuck":      {"broker Expire", "broker Settle failed", "backend SendAck", "backend ReadRevoke"},
	} {
		for _, kind := range []string{"-explicit", "-plain"} {
			want[scenario+kind] = append(want[scenario+kind], steps...)
		}
	}
	var missing []string
	for transfer, steps := range want {
		for _, step := range steps {
			if !seen[transfer][step] {
				missing = append(missing, transfer+": "+step)
			}
		}
	}
	return missing
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
		recording, err := events.Read(strings.NewReader(text))
		require.NoError(t, err)
		require.Len(t, recording.Traces, 1)
		require.Equal(t, 150*time.Millisecond, recording.Traces[0].AckDeadline)
		require.Len(t, recording.Transfers, 21)
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
