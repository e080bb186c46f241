package demo_test

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/handoff-go/handoff/cmd/handoff/internal/demo"
	"github.com/handoff-go/handoff/cmd/handoff/internal/plan"
	"github.com/handoff-go/handoff/registry"
	"github.com/handoff-go/handoff/spec/trace/events"
)

// TestMain lets the test binary be every process of the demo, as the command is.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		switch name, args := os.Args[1], os.Args[2:]; {
		case name == "demo":
			os.Exit(demo.Main(args, os.Stdout, os.Stderr))
		case name == "demo-backend" && os.Getenv(lieVariable) != "":
			os.Exit(lie(args))
		case demo.IsRole(name):
			os.Exit(demo.RoleMain(name, args, os.Stderr))
		}
	}
	// Under the race detector every process would sleep a second before its exit.
	os.Setenv("GORACE", os.Getenv("GORACE")+" atexit_sleep_ms=0")
	goleak.VerifyTestMain(m)
}

// limited returns a context in which a hanging test ends before the package's
// own limit. It is long: a slow machine is no failure.
func limited(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// open returns how many descriptors this process has.
func open(t *testing.T) int {
	entries, err := os.ReadDir("/proc/self/fd")
	require.NoError(t, err)
	return len(entries)
}

func TestEveryClientIsAnsweredDespiteTheFaults(t *testing.T) {
	cfg := demo.Config{Seed: 7, Connections: 60, Parallel: 32, Faults: plan.On(), Trace: filepath.Join(t.TempDir(), "trace")}
	run := func() *demo.Ledger {
		ledger, err := demo.Run(limited(t), cfg, io.Discard)
		require.NoError(t, err)
		require.NoError(t, ledger.Check())
		requireTraceOf(t, ledger, cfg.Trace)
		return ledger
	}
	one := run()
	before := open(t)
	two := run()
	require.Equal(t, before, open(t), "no descriptor is left here either")

	planned := plan.New(cfg.Seed, cfg.Connections, cfg.Faults).Counts()
	for class := range plan.Classes {
		require.GreaterOrEqual(t, 100*planned[class], 5*cfg.Connections)
		require.Equal(t, planned[class], one.Broker.First[class].Kinds.Sum())
		require.Equal(t, planned[class], two.Broker.First[class].Kinds.Sum())
	}
	// What a class ends as is fixed too, unless the machine was too busy for a
	// handoff that should have been acknowledged; the ledger counts those.
	if one.Strays() == 0 && two.Strays() == 0 {
		want := [plan.Classes]demo.Outcomes{
			plan.OK:    {Acknowledged: planned[plan.OK]},
			plan.Slow:  {Expired: 2 * planned[plan.Slow]},
			plan.Never: {Expired: 2 * planned[plan.Never]},
			plan.Kill:  {Abandoned: 2 * planned[plan.Kill]},
		}
		for class := range plan.Classes {
			require.Equal(t, want[class], one.Broker.First[class].Offered())
			require.Equal(t, want[class], two.Broker.First[class].Offered())
			require.Equal(t, one.Broker.First[class].Kinds, two.Broker.First[class].Kinds)
		}
		all := one.Broker.All().Kinds
		require.Zero(t, all.Fenced)
		require.NotZero(t, all.Fallback, "some faults meet explicit clients")
		require.NotZero(t, all.Proxied, "some that nobody acknowledges are proxied")
		require.Equal(t, 18-all.Proxied, one.Clients.Reconnected)
	}
	require.Len(t, one.Clients.By, 2, "both backends answer")
}

// requireTraceOf requires that a file has a path through the model with as many handoffs
// as were begun.
func requireTraceOf(t *testing.T, ledger *demo.Ledger, path string) {
	t.Helper()
	file, err := os.Open(path)
	require.NoError(t, err)
	defer file.Close()
	recorded, err := events.Read(file)
	require.NoError(t, err)
	require.Len(t, recorded.Traces, 1)
	_, problem := events.Judge(recorded.Traces[0])
	require.Empty(t, problem)
	begun := 0
	for _, e := range recorded.Traces[0].Events {
		if e.Op == registry.OpBegin && e.Answer == events.OK {
			begun++
		}
	}
	require.EqualValues(t, ledger.Broker.Stats.Registered, begun)
}

func TestWithoutFaultsNobodyReconnects(t *testing.T) {
	var progress strings.Builder
	ledger, err := demo.Run(limited(t), demo.Config{Seed: 1, Connections: 30, Parallel: 8}, &progress)
	require.NoError(t, err)
	require.NoError(t, ledger.Check())
	require.Equal(t, 30, ledger.Clients.Answered)
	require.Zero(t, ledger.Broker.Killed)
	if ledger.Strays() == 0 {
		require.Equal(t, demo.Outcomes{Acknowledged: 30}, ledger.Broker.All().Offered())
		require.Equal(t, demo.Kinds{Adopted: 30}, ledger.Broker.All().Kinds)
		require.Zero(t, ledger.Clients.Reconnected)
	}
	require.Regexp(t, `^broker/\d+ on 127\.0\.0\.1:\d+, backend-1/\d+ and backend-2/\d+, `, progress.String())
	require.Regexp(t, `\[#{24}\] 30/30 answered, .*, done\n$`, progress.String())
}

func TestBadConfigsAreRefused(t *testing.T) {
	good := demo.DefaultConfig()
	require.NoError(t, good.Validate())
	for name, spoil := range map[string]func(*demo.Config){
		"connections": func(c *demo.Config) { c.Connections = 0 },
		"parallel":    func(c *demo.Config) { c.Parallel = 1025 },
	} {
		cfg := good
		spoil(&cfg)
		ledger, err := demo.Run(limited(t), cfg, io.Discard)
		var bad *demo.ConfigError
		require.ErrorAs(t, err, &bad)
		require.Equal(t, name, bad.Flag)
		require.Nil(t, ledger)
	}
}
