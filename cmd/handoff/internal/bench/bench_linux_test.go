package bench_test

import (
	"context"
	"encoding/json"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoff-go/handoff/cmd/handoff/internal/bench"
)

// limited returns a context in which a hanging test ends before the package's own limit.
func limited(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func TestEveryWayIsMeasured(t *testing.T) {
	report, err := bench.Run(limited(t), bench.Config{N: 100, InFlight: []int{1, 8}, Networks: []string{"unix", "tcp"}}, io.Discard)
	require.NoError(t, err)
	require.Len(t, report.Rows, 2*2*3)
	for _, row := range report.Rows {
		require.Equal(t, 100, row.N)
		require.Positive(t, row.P50)
		require.GreaterOrEqual(t, row.P99, row.P50)
		require.Positive(t, row.PerSecond)
		if row.Way == "reconnect" {
			require.InDelta(t, 1, row.Ratio, 0)
			require.InDelta(t, 1, row.Paired, 0)
		}
	}
	// Both kinds of handoff, and a warm-up of a block for each.
	require.Regexp(t, `^broker: 1600 adopted, 800 told to reconnect, 0 else; registered 1600 = acknowledged 1600 \+`, report.Notes[0])
	var out strings.Builder
	report.Print(&out)
	require.Regexp(t, `tcp +8  handoff, waiting +100 `, out.String())
}

func TestSoaksLeaveNothingBehind(t *testing.T) {
	for name, network := range map[string]string{"unix": "unix", "tcp": "tcp"} {
		t.Run(name, func(t *testing.T) {
			c := bench.DefaultSoakConfig()
			c.N, c.Network = 3000, network
			report, err := bench.Soak(limited(t), c, io.Discard)
			require.NoError(t, err)
			require.NoError(t, report.Check())
			require.GreaterOrEqual(t, report.Down.Broker.Registry.Registered, uint64(3000))
			require.NotZero(t, report.Clients.Answered)
			require.NotZero(t, report.Clients.HungUp)
		})
	}
}

func TestWithoutFaultsASoakHasNone(t *testing.T) {
	var stdout, stderr strings.Builder
	code := bench.Main(strings.Fields("soak -n 1000 -in-flight 1 -faults=false -json"), &stdout, &stderr)
	require.Zero(t, code, stderr.String())
	var report bench.SoakReport
	require.NoError(t, json.Unmarshal([]byte(stdout.String()), &report))
	require.Equal(t, report.Clients.Opened, report.Clients.Answered)
	require.Zero(t, report.Killed)
	require.EqualValues(t, report.Clients.Opened, report.Down.Broker.Registry.Registered)
}

func TestInterruptedRunsEnd(t *testing.T) {
	ctx, cancel := context.WithCancel(limited(t))
	_, err := bench.Soak(ctx, bench.DefaultSoakConfig(), writer(func() { cancel() }))
	require.ErrorIs(t, err, context.Canceled)
	ctx, cancel = context.WithCancel(limited(t))
	_, err = bench.Run(ctx, bench.DefaultConfig(), writer(func() { cancel() }))
	require.Error(t, err)
	require.ErrorIs(t, ctx.Err(), context.Canceled)
}

// writer is called at the first word of progress.
type writer func()

func (w writer) Write(b []byte) (int, error) { w(); return len(b), nil }
