package demo

import (
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/handoff-go/handoff/broker"
	"github.com/handoff-go/handoff/cmd/handoff/internal/plan"
)

// Print writes the closing table to w.
func (l *Ledger) Print(w io.Writer) {
	r, t := l.Broker, l.Clients
	fmt.Fprintf(w, "\nclients %d, faults %v, seed %d: done in %.1f s\n\n", l.Config.Connections, l.Config.Faults, l.Config.Seed, l.Took.Seconds())
	fmt.Fprintf(w, "  %-14s %8s %12s %7s %9s | %11s %7s %6s %8s %7s %6s\n", "first attempts", "handoffs", "acknowledged", "expired", "abandoned",
		"connections", "adopted", "fenced", "fallback", "proxied", "closed")
	row := func(name string, o Outcomes, k Kinds) {
		fmt.Fprintf(w, "  %-14s %8d %12d %7d %9d | %11d %7d %6d %8d %7d %6d\n", name, o.Sum(), o.Acknowledged, o.Expired, o.Abandoned,
			k.Sum(), k.Adopted, k.Fenced, k.Fallback, k.Proxied, k.Closed)
	}
	for class, first := range r.First {
		row("  "+plan.Class(class).String(), first.Offered(), first.Kinds)
	}
	row("retries", r.Retries.Offered(), r.Retries.Kinds)
	all := r.All()
	if all.Unsent > 0 { // the link had just filled up, and another one was tried
		fmt.Fprintf(w, "  %-14s %8d %12d %7d %9d |\n", "not sent", all.Unsent, 0, 0, all.Unsent)
	}
	row("all", all.Outcomes, all.Kinds)

	fmt.Fprintf(w, "\n  %-20s %8s %12s %12s\n", "clients", "", "P50", "P99")
	latencies := func(name string, n int, took []time.Duration) {
		fmt.Fprintf(w, "  %-20s %8d %12s %12s\n", name, n, percentile(took, 50), percentile(took, 99))
	}
	latencies("answered", t.Answered, slices.Concat(t.FirstTry, t.Again))
	latencies("  without reconnect", t.Answered-t.Reconnected, t.FirstTry)
	latencies("  reconnected", t.Reconnected, t.Again)
	fmt.Fprintf(w, "  %-20s %8d\n", "lost", t.Lost)

	fmt.Fprintf(w, "\n  late ACKs refused %d, backends killed %d\n", r.LateACKs, r.Killed)
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
