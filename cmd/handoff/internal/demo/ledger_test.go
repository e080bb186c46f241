package demo_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoff-go/handoff/cmd/handoff/internal/demo"
	"github.com/handoff-go/handoff/cmd/handoff/internal/plan"
	"github.com/handoff-go/handoff/registry"
)

// sound returns the ledger of a run in which all went as planned: ten clients,
// one of them slow, one never acknowledged, one killed.
func sound() *demo.Ledger {
	return &demo.Ledger{
		Config: demo.Config{Seed: 3, Connections: 10, Parallel: 10, Faults: plan.On()},
		Broker: demo.Report{
			Stats:     registry.Stats{Issued: 13, Revoked: 13, Registered: 13, Acknowledged: 10, Expired: 2, Abandoned: 1},
			First:     [plan.Classes]demo.Outcomes{{Acknowledged: 7}, {Expired: 1}, {Expired: 1}, {Abandoned: 1}},
			Retries:   demo.Outcomes{Acknowledged: 3},
			Committed: map[string]int{"a/1": 6, "b/2": 4}, LateRefused: 1, Accepted: 13, Killed: 1, Descriptors: 9,
		},
		Clients: demo.Tally{
			Opened: 13, Broken: 3, Answered: 10, Reconnected: 3, By: map[string]int{"a/1": 6, "b/2": 4},
			FirstTry: make([]time.Duration, 7), Again: []time.Duration{time.Second, 2 * time.Second, 3 * time.Second},
		},
	}
}

func TestSoundLedgersHold(t *testing.T) {
	require.NoError(t, sound().Check())
}

func TestEveryFalseCountIsFound(t *testing.T) {
	for name, falsify := range map[string]func(*demo.Ledger){
		"clients lost":               func(l *demo.Ledger) { l.Clients.Lost++ },
		"clients answered":           func(l *demo.Ledger) { l.Clients.Answered-- },
		"latencies taken":            func(l *demo.Ledger) { l.Clients.FirstTry = l.Clients.FirstTry[1:] },
		"latencies with a reconnect": func(l *demo.Ledger) { l.Clients.Reconnected++ },
		"connections opened":         func(l *demo.Ledger) { l.Clients.Opened++ },
		"a client's complaint":       func(l *demo.Ledger) { l.Clients.Problems = []string{"a client's complaint"} },
		"registered":                 func(l *demo.Ledger) { l.Broker.Stats.Registered-- },
		"still pending":              func(l *demo.Ledger) { l.Broker.Stats.Pending++ },
		"tokens still live":          func(l *demo.Ledger) { l.Broker.Stats.Tokens++ },
		"tokens issued":              func(l *demo.Ledger) { l.Broker.Stats.Revoked-- },
		"acknowledged in the registry": func(l *demo.Ledger) {
			l.Broker.Stats.Acknowledged++
			l.Broker.Stats.Registered++
		},
		"expired in the registry":   func(l *demo.Ledger) { l.Broker.Retries.Expired++ },
		"abandoned in the registry": func(l *demo.Ledger) { l.Broker.Stats.Abandoned = 0 },
		"accepted":                  func(l *demo.Ledger) { l.Broker.Accepted-- },
		"acknowledged: 10, but clients answered: 9": func(l *demo.Ledger) {
			l.Clients.Answered--
			l.Clients.Broken++
		},
		"expired + abandoned": func(l *demo.Ledger) { l.Clients.Broken++ },
		"commits to a/1":      func(l *demo.Ledger) { l.Clients.By["a/1"]-- },
		"commits: 9":          func(l *demo.Ledger) { l.Broker.Committed["b/2"]-- },
		"first attempts of class slow": func(l *demo.Ledger) {
			l.Broker.First[plan.Slow], l.Broker.First[plan.OK] = demo.Outcomes{}, demo.Outcomes{Acknowledged: 7, Expired: 1}
		},
		"slow, yet acknowledged":               func(l *demo.Ledger) { l.Broker.First[plan.Slow] = demo.Outcomes{Acknowledged: 1} },
		"slow, yet abandoned":                  func(l *demo.Ledger) { l.Broker.First[plan.Slow] = demo.Outcomes{Abandoned: 1} },
		"never acknowledged, yet acknowledged": func(l *demo.Ledger) { l.Broker.First[plan.Never] = demo.Outcomes{Acknowledged: 1} },
		"never acknowledged, yet abandoned":    func(l *demo.Ledger) { l.Broker.First[plan.Never] = demo.Outcomes{Abandoned: 1} },
		"killed, yet acknowledged":             func(l *demo.Ledger) { l.Broker.First[plan.Kill] = demo.Outcomes{Acknowledged: 1} },
		"ok, yet abandoned":                    func(l *demo.Ledger) { l.Broker.First[plan.OK] = demo.Outcomes{Acknowledged: 6, Abandoned: 1} },
		"retries abandoned":                    func(l *demo.Ledger) { l.Broker.Retries.Abandoned++ },
		"backends killed":                      func(l *demo.Ledger) { l.Broker.Killed++ },
		"killed, yet expired":                  func(l *demo.Ledger) { l.Broker.First[plan.Kill] = demo.Outcomes{Expired: 1} },
		"deaths seen too late":                 func(l *demo.Ledger) { l.Broker.LateEnds++ },
		"late ACKs refused":                    func(l *demo.Ledger) { l.Broker.LateRefused = 0 },
		"connections rejected":                 func(l *demo.Ledger) { l.Broker.Rejected++ },
		"still has a descriptor: 7 socket":     func(l *demo.Ledger) { l.Broker.Opened = []string{"7 socket"} },
		"lost a descriptor: 7 socket":          func(l *demo.Ledger) { l.Broker.Closed = []string{"7 socket"} },
		"a broker's complaint":                 func(l *demo.Ledger) { l.Broker.Problems = []string{"a broker's complaint"} },
	} {
		t.Run(name, func(t *testing.T) {
			ledger := sound()
			falsify(ledger)
			err := ledger.Check()
			var wrong *demo.LedgerError
			require.ErrorAs(t, err, &wrong)
			require.ErrorContains(t, err, name)
		})
	}
}

func TestStraysAreARemark(t *testing.T) {
	ledger := sound()
	require.Zero(t, ledger.Strays())
	// One ok connection expired on a busy machine, and its client came again.
	ledger.Broker.First[plan.OK] = demo.Outcomes{Acknowledged: 6, Expired: 1}
	ledger.Broker.Retries.Acknowledged++
	ledger.Broker.Stats = registry.Stats{Issued: 14, Revoked: 14, Registered: 14, Acknowledged: 10, Expired: 3, Abandoned: 1}
	ledger.Broker.LateRefused++
	ledger.Broker.Accepted++
	ledger.Clients.Opened++
	ledger.Clients.Broken++
	require.NoError(t, ledger.Check())
	require.Equal(t, 1, ledger.Strays())
	var out strings.Builder
	ledger.Print(&out)
	require.Contains(t, out.String(), "remark: 1 handoffs expired because this machine was busy")
}

func TestTheTableShowsTheLedger(t *testing.T) {
	var out strings.Builder
	sound().Print(&out)
	for _, line := range []string{
		"clients 10, faults slow=10,never=10,kill=10, seed 3: done in 0.0 s",
		"    ok                    7              7        0          0",
		"    slow                  1              0        1          0",
		"    never                 1              0        1          0",
		"    kill                  1              0        0          1",
		"  retries                 3              3        0          0",
		"  all                    13             10        2          1",
		"  answered                   10           0s           3s",
		"    on the first try          7           0s           0s",
		"    reconnected               3           2s           3s",
		"  lost                        0",
		"late ACKs refused 1, backends killed 1, descriptors in the broker 9 before and 9 after",
		"conserved: registered 13 = acknowledged 10 + expired 2 + abandoned 1; clients: opened 13 = answered 10 + broken 3",
	} {
		require.Contains(t, out.String(), line+"\n")
	}
	require.NotContains(t, out.String(), "remark")
}
