package bench_test

import (
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoff-go/handoff/backend"
	"github.com/handoff-go/handoff/broker"
	"github.com/handoff-go/handoff/cmd/handoff/internal/bench"
	"github.com/handoff-go/handoff/registry"
)

// TestMain lets the test binary be every process of the command.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && bench.IsRole(os.Args[1]) {
		os.Exit(bench.RoleMain(os.Args[1], os.Args[2:], os.Stderr))
	}
	// Under the race detector every process would sleep a second before its exit.
	os.Setenv("GORACE", os.Getenv("GORACE")+" atexit_sleep_ms=0")
	os.Exit(m.Run())
}

func TestBadCommandLinesAreRefused(t *testing.T) {
	for args, complaint := range map[string]string{
		"nonsense":                       `no command is called "nonsense"`,
		"handoff extra":                  `"extra"`,
		"handoff -n 99":                  "n 99: want 100 to 1000000",
		"handoff -in-flight 0":           "in-flight 0: want 1 to 256",
		"handoff -in-flight 1,x":         `"x" is no number`,
		"handoff -network ip":            `network "ip": want unix or tcp`,
		"soak -n 1":                      "n 1: want 1000 to 100000000",
		"soak -network unix,tcp":         `network "unix,tcp"`,
		"soak -limit 0s":                 "limit 0s: want more than nothing",
		"soak -in-flight 257":            "in-flight 257",
		"soak -faults=perhaps":           "perhaps",
		"handoff -nonsense":              "-nonsense",
		"soak -limit 5 -n 1000 -json=no": `"no"`,
	} {
		var stdout, stderr strings.Builder
		require.Equal(t, 2, bench.Main(strings.Fields(args), &stdout, &stderr), args)
		require.Empty(t, stdout.String(), args)
		if args == "soak -limit 5 -n 1000 -json=no" {
			complaint = "-limit" // the first one that is wrong
		}
		require.Contains(t, stderr.String(), complaint, args)
	}
}

func TestHelpIsNoError(t *testing.T) {
	for _, args := range []string{"", "help", "--help"} {
		var stdout strings.Builder
		require.Zero(t, bench.Main(strings.Fields(args), &stdout, io.Discard))
		require.Contains(t, stdout.String(), "handoff bench soak")
	}
	for args, flag := range map[string]string{"handoff --help": "-in-flight", "soak --help": "-limit"} {
		var stderr strings.Builder
		require.Zero(t, bench.Main(strings.Fields(args), io.Discard, &stderr))
		require.Contains(t, stderr.String(), flag)
	}
}

// sound returns the report of a soak in which all went as it must: ten clients, of which
// one hung up and was adopted, one fell back, and one was fenced.
func sound() *bench.SoakReport {
	stats := func() *broker.Stats {
		return &broker.Stats{
			Registry: registry.Stats{Issued: 12, Revoked: 12, Registered: 12, Acknowledged: 8, Expired: 3, Abandoned: 1},
			Adopted:  8, Fenced: 1, Fallback: 1, Links: 2,
			Descriptors: broker.Descriptors{Opened: 10, Closed: 10},
		}
	}
	at := func() bench.Sample { return bench.Sample{Descriptors: 20, Goroutines: 8, Heap: 1 << 20, RSS: 10 << 20} }
	r := &bench.SoakReport{
		Config: bench.DefaultSoakConfig(), Took: 4 * time.Second,
		Clients: bench.Clients{Opened: 10, Answered: 7, FellBack: 1, Ended: 1, HungUp: 1},
		Broker:  [2]bench.Sample{at(), at()}, Load: [2]bench.Sample{at(), at()}, Down: at(),
		Backends: []bench.Sample{{Backend: &backend.Stats{Descriptors: backend.Descriptors{Opened: 12, Closed: 4, Adopted: 8}}}},
	}
	r.Broker[0].Broker, r.Broker[1].Broker, r.Down.Broker = stats(), stats(), stats()
	return r
}

func TestSoundSoaksHold(t *testing.T) {
	require.NoError(t, sound().Check())
	r := sound()
	r.Broker[1].Goroutines += 8
	r.Broker[1].Heap += 4 << 20
	r.Load[1].RSS += 24 << 20
	r.Load[1].Heap = 0
	require.NoError(t, r.Check(), "so much is allowed")
}

func TestEveryFalseCountOfASoakIsFound(t *testing.T) {
	for name, falsify := range map[string]func(*bench.SoakReport){
		"opened by clients: 11":             func(r *bench.SoakReport) { r.Clients.Opened++ },
		"hung up: 11":                       func(r *bench.SoakReport) { r.Clients.Ended++ },
		"not conserved":                     func(r *bench.SoakReport) { r.Down.Broker.Registry.Expired-- },
		"Pending:1":                         func(r *bench.SoakReport) { r.Broker[0].Broker.Registry.Pending++ },
		"tokens not revoked":                func(r *bench.SoakReport) { r.Broker[1].Broker.Registry.Revoked-- },
		"descriptors not balanced":          func(r *bench.SoakReport) { r.Down.Broker.Descriptors.Open++ },
		"a count of the broker is missing":  func(r *bench.SoakReport) { r.Down.Broker = nil },
		"outcomes: 11":                      func(r *bench.SoakReport) { r.Down.Broker.Closed++ },
		"adopted: 7, but acknowledged: 8":   func(r *bench.SoakReport) { r.Down.Broker.Adopted--; r.Down.Broker.Fenced++ },
		"adopted: 8, but answered: 9":       func(r *bench.SoakReport) { r.Clients.Answered += 2; r.Clients.Ended--; r.Clients.HungUp-- },
		"fallback: 1, but fallen back: 2":   func(r *bench.SoakReport) { r.Clients.FellBack++; r.Clients.Ended-- },
		"descriptors opened: 11":            func(r *bench.SoakReport) { r.Down.Broker.Descriptors.Opened++; r.Down.Broker.Descriptors.Closed++ },
		"and there are no faults":           func(r *bench.SoakReport) { r.Config.Faults = false },
		"21 in the end":                     func(r *bench.SoakReport) { r.Broker[1].Descriptors++ },
		"load: 20 descriptors":              func(r *bench.SoakReport) { r.Load[1].Descriptors-- },
		"17 in the end":                     func(r *bench.SoakReport) { r.Load[1].Goroutines += 9 },
		"bytes of heap":                     func(r *bench.SoakReport) { r.Broker[1].Heap += 4<<20 + 1 },
		"bytes of memory":                   func(r *bench.SoakReport) { r.Broker[1].RSS += 24<<20 + 1 },
		"received by a backend: 13":         func(r *bench.SoakReport) { r.Backends[0].Backend.Descriptors.Opened++ },
		"that a backend holds: 1":           func(r *bench.SoakReport) { r.Backends[0].Backend.Descriptors.Open++ },
		"a count of a backend is missing":   func(r *bench.SoakReport) { r.Backends[0].Backend = nil },
		`a backend keeps, ["7 socket"]`:     func(r *bench.SoakReport) { r.Backends[0].Left = []string{"7 socket"} },
		`that the broker keeps, ["8 pipe"]`: func(r *bench.SoakReport) { r.Down.Left = []string{"8 pipe"} },
		"something that a round found":      func(r *bench.SoakReport) { r.Problems = []string{"something that a round found"} },
	} {
		t.Run(name, func(t *testing.T) {
			r := sound()
			falsify(r)
			require.ErrorContains(t, r.Check(), name)
		})
	}
}

func TestTheSoakTableShowsTheReport(t *testing.T) {
	var out strings.Builder
	sound().Print(&out)
	for _, line := range []string{
		"12 handoffs over unix in 4 s, 3 per second, 32 in flight, faults true",
		"registered 12 = acknowledged 8 + expired 3 + abandoned 1",
		"opened 10 = adopted 8 + fenced 1 + fallback 1 + proxied 0 + closed 0",
		"opened 10 = answered 7 + fell back 1 + ended 1 + hung up 1",
		"broker   end                      20           8         1024        10240",
	} {
		require.Contains(t, out.String(), line+"\n")
	}
}
