package demo_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoff-go/handoff/broker"
	"github.com/handoff-go/handoff/cmd/handoff/internal/demo"
	"github.com/handoff-go/handoff/cmd/handoff/internal/plan"
	"github.com/handoff-go/handoff/registry"
)

// sound returns the ledger of a run in which all went as planned: ten clients, of
// which one slow one is explicit, one that is never acknowledged is proxied, and a
// plain one is killed.
func sound() *demo.Ledger {
	return &demo.Ledger{
		Config: demo.Config{Seed: 19, Connections: 10, Parallel: 10, Faults: plan.On()},
		Broker: demo.Report{
			Stats: registry.Stats{Issued: 14, Revoked: 14, Registered: 14, Acknowledged: 8, Expired: 4, Abandoned: 2},
			First: [plan.Classes]demo.Row{
				plan.OK:    {Outcomes: demo.Outcomes{Acknowledged: 7}, Kinds: demo.Kinds{Adopted: 7}, Offers: 7},
				plan.Slow:  {Outcomes: demo.Outcomes{Expired: 2}, Kinds: demo.Kinds{Fallback: 1}, Offers: 2},
				plan.Never: {Outcomes: demo.Outcomes{Expired: 2}, Kinds: demo.Kinds{Proxied: 1}, Offers: 2},
				plan.Kill:  {Outcomes: demo.Outcomes{Abandoned: 2}, Kinds: demo.Kinds{Closed: 1}, Offers: 2},
			},
			Retries: demo.Row{Outcomes: demo.Outcomes{Acknowledged: 1}, Kinds: demo.Kinds{Adopted: 1}, Offers: 1},
			Answers: map[string]int{"a/1": 5, "b/2": 3}, Direct: map[string]int{"b/2": 2},
			LateACKs: 2, Accepted: 11, Killed: 2, Before: 9,
			Descriptors: broker.Descriptors{Opened: 11, Closed: 11},
			Backends:    broker.Descriptors{Opened: 12, Closed: 4, Adopted: 8},
		},
		Clients: demo.Tally{
			Opened: 11, Broken: 1, Answered: 10, FellBack: 1, Reconnected: 2,
			By: map[string]int{"a/1": 5, "b/2": 3}, Direct: map[string]int{"b/2": 2},
			FirstTry: make([]time.Duration, 8), Again: []time.Duration{time.Second, 3 * time.Second},
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
		"connections that were no good": func(l *demo.Ledger) {
			l.Clients.Reconnected++
			l.Clients.FirstTry, l.Clients.Again = l.Clients.FirstTry[1:], append(l.Clients.Again, 1)
		},
		"connections opened":   func(l *demo.Ledger) { l.Clients.Opened++ },
		"a client's complaint": func(l *demo.Ledger) { l.Clients.Problems = []string{"a client's complaint"} },
		"registered":           func(l *demo.Ledger) { l.Broker.Stats.Registered-- },
		"still pending":        func(l *demo.Ledger) { l.Broker.Stats.Pending++ },
		"tokens still live":    func(l *demo.Ledger) { l.Broker.Stats.Tokens++ },
		"tokens issued":        func(l *demo.Ledger) { l.Broker.Stats.Revoked-- },
		"acknowledged in the registry": func(l *demo.Ledger) {
			l.Broker.Stats.Acknowledged++
			l.Broker.Stats.Registered++
		},
		"expired in the registry":         func(l *demo.Ledger) { l.Broker.Retries.Expired++ },
		"abandoned in the registry":       func(l *demo.Ledger) { l.Broker.Stats.Abandoned = 0 },
		"offers that outcomes report":     func(l *demo.Ledger) { l.Broker.Retries.Offers++ },
		"and unsent ones":                 func(l *demo.Ledger) { l.Broker.Retries.Unsent++ },
		"never: handoffs offered":         func(l *demo.Ledger) { l.Broker.First[plan.Never].Offers++ },
		"connections adopted":             func(l *demo.Ledger) { l.Broker.Retries.Adopted++ },
		"accepted":                        func(l *demo.Ledger) { l.Broker.Accepted-- },
		"outcomes: 12":                    func(l *demo.Ledger) { l.Broker.Retries.Closed++ },
		"adopted + fallback + proxied: 9": func(l *demo.Ledger) { l.Broker.First[plan.Slow].Fallback-- },
		"closed + fenced: 2":              func(l *demo.Ledger) { l.Broker.Retries.Fenced++ },
		"fallback: 1":                     func(l *demo.Ledger) { l.Clients.FellBack++ },
		"acknowledged by a/1":             func(l *demo.Ledger) { l.Clients.By["a/1"]-- },
		"acknowledged by backends: 7":     func(l *demo.Ledger) { l.Broker.Answers["b/2"]-- },
		"served directly by b/2":          func(l *demo.Ledger) { l.Clients.Direct["b/2"]-- },
		"served directly: 1":              func(l *demo.Ledger) { l.Broker.Direct["b/2"]-- },
		"first attempts of class slow": func(l *demo.Ledger) {
			l.Broker.First[plan.Slow], l.Broker.First[plan.Never] = demo.Row{}, l.Broker.First[plan.Slow]
		},
		"slow, yet acknowledged":               func(l *demo.Ledger) { l.Broker.First[plan.Slow].Acknowledged = 1 },
		"slow, yet abandoned":                  func(l *demo.Ledger) { l.Broker.First[plan.Slow].Abandoned = 1 },
		"never, yet acknowledged":              func(l *demo.Ledger) { l.Broker.First[plan.Never].Acknowledged = 1 },
		"never acknowledged, yet abandoned":    func(l *demo.Ledger) { l.Broker.First[plan.Never].Abandoned = 1 },
		"kill, yet acknowledged":               func(l *demo.Ledger) { l.Broker.First[plan.Kill].Acknowledged = 1 },
		"kill: offers not made: 1":             func(l *demo.Ledger) { l.Broker.First[plan.Kill].Missing++ },
		"kill: closed: 2":                      func(l *demo.Ledger) { l.Broker.First[plan.Kill].Closed++ },
		"never: fallback: 1":                   func(l *demo.Ledger) { l.Broker.First[plan.Never].Fallback++ },
		"slow: proxied: 1":                     func(l *demo.Ledger) { l.Broker.First[plan.Slow].Proxied++ },
		"ok, yet abandoned":                    func(l *demo.Ledger) { l.Broker.First[plan.OK].Abandoned++ },
		"ok, yet not adopted":                  func(l *demo.Ledger) { l.Broker.First[plan.OK].Closed++ },
		"ok, yet proxied":                      func(l *demo.Ledger) { l.Broker.Retries.Proxied++ },
		"backends killed":                      func(l *demo.Ledger) { l.Broker.Killed++ },
		"late ACKs read: 1":                    func(l *demo.Ledger) { l.Broker.LateACKs = 1 },
		"late ACKs planned":                    func(l *demo.Ledger) { l.Broker.LateACKs = 3 },
		"connections rejected":                 func(l *demo.Ledger) { l.Broker.Rejected++ },
		"broker: descriptors opened":           func(l *demo.Ledger) { l.Broker.Descriptors.Closed-- },
		"backends: descriptors still open":     func(l *demo.Ledger) { l.Broker.Backends.Open++ },
		"descriptors opened by the broker: 12": func(l *demo.Ledger) { l.Broker.Descriptors.Opened++ },
		"given away by the broker":             func(l *demo.Ledger) { l.Broker.Descriptors.Adopted++ },
		"received by backends that lived: 13":  func(l *demo.Ledger) { l.Broker.Backends.Opened++ },
		"adopted by backends: 9":               func(l *demo.Ledger) { l.Broker.Backends.Adopted++ },
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
	// One ok connection expired on a busy machine, and the other backend took it.
	ledger.Broker.First[plan.OK].Expired++
	ledger.Broker.First[plan.OK].Offers++
	ledger.Broker.Stats = registry.Stats{Issued: 15, Revoked: 15, Registered: 15, Acknowledged: 8, Expired: 5, Abandoned: 2}
	ledger.Broker.LateACKs++
	ledger.Broker.Backends.Opened++
	ledger.Broker.Backends.Closed++
	require.NoError(t, ledger.Check())
	require.Equal(t, 1, ledger.Strays())
	var out strings.Builder
	ledger.Print(&out)
	require.Contains(t, out.String(), "remark: 1 handoffs ended late because this machine was busy")
}

func TestUnsentOffersAreARowOfTheirOwn(t *testing.T) {
	ledger := sound()
	ledger.Broker.First[plan.Never].Abandoned++
	ledger.Broker.First[plan.Never].Unsent++
	ledger.Broker.Stats = registry.Stats{Issued: 15, Revoked: 15, Registered: 15, Acknowledged: 8, Expired: 4, Abandoned: 3}
	require.NoError(t, ledger.Check())
	require.Zero(t, ledger.Strays())
	var out strings.Builder
	ledger.Print(&out)
	require.Contains(t, out.String(), "  not sent: the link was full        |         1            0       0         1 |\n")
	require.Contains(t, out.String(), "  never: do not acknowledge          |         2            0       2         0 |")
}

func TestTheTableShowsTheLedger(t *testing.T) {
	var out strings.Builder
	sound().Print(&out)
	for _, line := range []string{
		"10 clients; faults slow=10,never=10,kill=10 percent of their first connections, seed 19: done in 0.0 s",
		"  ok: acknowledge                    |         7            7       0         0 |     7       7      0        0       0      0",
		"  slow: acknowledge too late         |         2            0       2         0 |     1       0      0        1       0      0",
		"  never: do not acknowledge          |         2            0       2         0 |     1       0      0        0       1      0",
		"  kill: die with the offer           |         2            0       0         2 |     1       0      0        0       0      1",
		"  later connections: acknowledge     |         1            1       0         0 |     1       1      0        0       0      0",
		"  all                                |        14            8       4         2 |    11       8      0        1       1      1",
		"  answered                                 10           0s           3s",
		"    without reconnect                       8           0s           0s",
		"    reconnected                             2           1s           3s",
		"  lost: no answer after 10 retries          0",
		"  acknowledged  the backend's ACK arrived before the deadline     expired    no ACK by the deadline",
		"late ACKs refused 2, backends killed 2 (started for it, beside the two that serve)",
		"conserved: registered 14 = acknowledged 8 + expired 4 + abandoned 2; clients: opened 11 = answered 10 + broken 1",
		"descriptors: broker opened 11 = closed 11 + adopted 0 + open 0; backends that lived opened 12 = closed 4 + adopted 8 + open 0",
		"descriptors of the broker's process: 9 before and 9 after",
	} {
		require.Contains(t, out.String(), line+"\n")
	}
	require.NotContains(t, out.String(), "remark")
	require.NotContains(t, out.String(), "not sent")
}
