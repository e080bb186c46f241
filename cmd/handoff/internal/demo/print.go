package demo

import (
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/handoff-go/handoff/broker"
	"github.com/handoff-go/handoff/cmd/handoff/internal/plan"
)

// Print writes the closing tables to w, each with a legend of its rows and columns.
func (l *Ledger) Print(w io.Writer) {
	r, t := l.Broker, l.Clients
	fmt.Fprintf(w, "\n%d clients; faults %v percent of their first connections, seed %d: done in %.1f s\n\n", l.Config.Connections, l.Config.Faults, l.Config.Seed, l.Took.Seconds())
	l.printOutcomes(w)
	fmt.Fprintf(w, "\n  %-34s %8s %12s %12s\n", "clients: from start to answer", "", "P50", "P99")
	latencies := func(name string, n int, took []time.Duration) {
		fmt.Fprintf(w, "  %-34s %8d %12s %12s\n", name, n, percentile(took, 50), percentile(took, 99))
	}
	latencies("answered", t.Answered, slices.Concat(t.FirstTry, t.Again))
	latencies("  without reconnect", t.Answered-t.Reconnected, t.FirstTry)
	latencies("  reconnected", t.Reconnected, t.Again)
	fmt.Fprintf(w, "  %-34s %8d\n", "lost: no answer after 10 retries", t.Lost)

	fmt.Fprintf(w, "\n  late ACKs refused %d, backends killed %d (started for it, beside the two that serve)\n", r.LateACKs, r.Killed)
	fmt.Fprintf(w, "  conserved: registered %d = acknowledged %d + expired %d + abandoned %d; clients: opened %d = answered %d + broken %d\n",
		r.Stats.Registered, r.Stats.Acknowledged, r.Stats.Expired, r.Stats.Abandoned, t.Opened, t.Answered, t.Broken)
	account := func(d broker.Descriptors) string {
		return fmt.Sprintf("opened %d = closed %d + adopted %d + open %d", d.Opened, d.Closed, d.Adopted, d.Open)
	}
	fmt.Fprintf(w, "  descriptors: broker %s; backends that lived %s\n", account(r.Descriptors), account(r.Backends))
	fmt.Fprintf(w, "  descriptors of the broker's process: %d before and %d after\n", r.Before, r.Before+len(r.Opened)-len(r.Closed))
	if strays := l.Strays(); strays > 0 {
		fmt.Fprintf(w, "  remark: %d handoffs ended late because this machine was busy; their clients were answered too\n", strays)
	}
}

// printOutcomes writes what became of handoffs (one offer of a connection to one backend)
// and of connections.
func (l *Ledger) printOutcomes(w io.Writer) {
	r := l.Broker
	fmt.Fprintf(w, "  %-34s | %40s | %s\n", "", "offers: one connection to one backend", "connections of clients")
	fmt.Fprintf(w, "  %-34s | %9s %12s %7s %9s | %5s %7s %6s %8s %7s %6s\n", "what the backends do",
		"all", "acknowledged", "expired", "abandoned", "all", "adopted", "fenced", "fallback", "proxied", "closed")
	row := func(name string, o Outcomes, k Kinds) {
		fmt.Fprintf(w, "  %-34s | %9d %12d %7d %9d | %5d %7d %6d %8d %7d %6d\n", name, o.Sum(), o.Acknowledged, o.Expired, o.Abandoned,
			k.Sum(), k.Adopted, k.Fenced, k.Fallback, k.Proxied, k.Closed)
	}
	for class, first := range r.First {
		row(describe(plan.Class(class)), first.Offered(), first.Kinds)
	}
	row("later connections: acknowledge", r.Retries.Offered(), r.Retries.Kinds)
	all := r.All()
	if all.Unsent > 0 { // the link had just filled up, and another one was tried
		fmt.Fprintf(w, "  %-34s | %9d %12d %7d %9d |\n", "not sent: the link was full", all.Unsent, 0, 0, all.Unsent)
	}
	row("all", all.Outcomes, all.Kinds)
	fmt.Fprint(w, legend)
}

// legend explains the rows and columns of printOutcomes.
const legend = `
  A client's first connection meets the fault of its row, with each of the two backends that it is offered to.
  Then an explicit client (every fifth) is told to reconnect to a server; every other plain one of "never" reaches
  that server by the broker's proxy; the others are closed, and repeat their request on a later connection.

  acknowledged  the backend's ACK arrived before the deadline     expired    no ACK by the deadline
  abandoned     the backend died or rejected, or nothing was sent
  adopted       a backend owns and serves the connection          fenced     shut down for all: its owner was in doubt
  fallback      an explicit client was told to reconnect          proxied    the broker copies bytes to a server
  closed        a plain client was disconnected
`

// describe returns what the backends of a class do, for the first column.
func describe(c plan.Class) string {
	switch c {
	case plan.OK:
		return "ok: acknowledge"
	case plan.Slow:
		return "slow: acknowledge too late"
	case plan.Never:
		return "never: do not acknowledge"
	case plan.Kill:
		return "kill: die with the offer"
	}
	return c.String()
}

// percentile returns the smallest duration that p percent are not above, as
// text; "-" if there are none.
func percentile(took []time.Duration, p int) string {
	if len(took) == 0 {
		return "-"
	}
	sorted := slices.Sorted(slices.Values(took))
	at := sorted[(len(sorted)*p+99)/100-1]
	return at.Round(10 * time.Microsecond).String()
}
