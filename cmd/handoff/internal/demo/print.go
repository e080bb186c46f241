package demo

import (
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/handoff-go/handoff/cmd/handoff/internal/plan"
)

// Print writes the closing table to w.
func (l *Ledger) Print(w io.Writer) {
	r, t := l.Broker, l.Clients
	fmt.Fprintf(w, "\nclients %d, faults %v, seed %d: done in %.1f s\n\n", l.Config.Connections, l.Config.Faults, l.Config.Seed, l.Took.Seconds())
	row := func(name string, o Outcomes) {
		fmt.Fprintf(w, "  %-16s %8d %14d %8d %10d\n", name, o.Sum(), o.Acknowledged, o.Expired, o.Abandoned)
	}
	fmt.Fprintf(w, "  %-16s %8s %14s %8s %10s\n", "first attempts", "handoffs", "acknowledged", "expired", "abandoned")
	for class, o := range r.First {
		row("  "+plan.Class(class).String(), o)
	}
	row("retries", r.Retries)
	row("all", r.Outcomes())

	fmt.Fprintf(w, "\n  %-20s %8s %12s %12s\n", "clients", "", "P50", "P99")
	latencies := func(name string, n int, took []time.Duration) {
		fmt.Fprintf(w, "  %-20s %8d %12s %12s\n", name, n, percentile(took, 50), percentile(took, 99))
	}
	latencies("answered", t.Answered, slices.Concat(t.FirstTry, t.Again))
	latencies("  on the first try", t.Answered-t.Reconnected, t.FirstTry)
	latencies("  reconnected", t.Reconnected, t.Again)
	fmt.Fprintf(w, "  %-20s %8d\n", "lost", t.Lost)

	fmt.Fprintf(w, "\n  late ACKs refused %d, backends killed %d, descriptors in the broker %d before and %d after\n",
		r.LateRefused, r.Killed, r.Descriptors, r.Descriptors+len(r.Opened)-len(r.Closed))
	fmt.Fprintf(w, "  conserved: registered %d = acknowledged %d + expired %d + abandoned %d; clients: opened %d = answered %d + broken %d\n",
		r.Stats.Registered, r.Stats.Acknowledged, r.Stats.Expired, r.Stats.Abandoned, t.Opened, t.Answered, t.Broken)
	if strays := l.Strays(); strays > 0 {
		fmt.Fprintf(w, "  remark: %d handoffs expired because this machine was busy; their clients reconnected too\n", strays)
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
