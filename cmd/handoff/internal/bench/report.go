package bench

import (
	"fmt"
	"io"
	"slices"
	"time"
)

// Report is what the ways to a backend cost, measured side by side.
type Report struct {
	Rows  []Row
	Notes []string
}

// Row is one way, in one measurement.
type Row struct {
	Network   string
	InFlight  int
	Way       string
	N         int
	PerSecond float64
	P50, P99  time.Duration // from before connect to the whole answer
	Ready     time.Duration // the P50 until the client is told ready; zero: it is not told
	// BrokerCPU and BackendCPU are what one call costs those processes.
	BrokerCPU, BackendCPU time.Duration
	// Ratio is P50 over that of the reconnect in the same measurement, and Paired the
	// median of the same ratio over pairs of neighbouring blocks.
	Ratio, Paired float64
}

// Check returns nil: a speed is not wrong.
func (*Report) Check() error { return nil }

// Print writes the table to w.
func (r *Report) Print(w io.Writer) {
	fmt.Fprintf(w, "%-8s %9s  %-18s %8s %9s %10s %10s %10s %9s %9s %11s %11s\n",
		"network", "in flight", "way", "n", "per s", "ready P50", "P50", "P99", "P50 ratio", "of pairs", "broker CPU", "backend CPU")
	for _, row := range r.Rows {
		ready := "-"
		if row.Ready > 0 {
			ready = micro(row.Ready)
		}
		fmt.Fprintf(w, "%-8s %9d  %-18s %8d %9.0f %10s %10s %10s %9.2f %9.2f %11s %11s\n", row.Network, row.InFlight, row.Way, row.N,
			row.PerSecond, ready, micro(row.P50), micro(row.P99), row.Ratio, row.Paired, micro(row.BrokerCPU), micro(row.BackendCPU))
	}
	for _, note := range r.Notes {
		fmt.Fprintln(w, note)
	}
}

func micro(d time.Duration) string { return fmt.Sprintf("%.1f us", float64(d)/1e3) }

// blocks are the latencies of one way, a slice for each block, and what the blocks cost
// together.
type blocks struct {
	latencies       [][]time.Duration
	readies         []time.Duration
	took            time.Duration
	broker, backend time.Duration // of CPU
}

// row makes a row of a way beside the base, whose blocks were measured in turn with it.
func (b blocks) row(base blocks) Row {
	all, others := slices.Concat(b.latencies...), slices.Concat(base.latencies...)
	var pairs []float64
	for i := range b.latencies {
		pairs = append(pairs, ratio(percentile(b.latencies[i], 50), percentile(base.latencies[i], 50)))
	}
	slices.Sort(pairs)
	return Row{
		N: len(all), PerSecond: float64(len(all)) / b.took.Seconds(),
		P50: percentile(all, 50), P99: percentile(all, 99),
		Ratio:  ratio(percentile(all, 50), percentile(others, 50)),
		Ready:  percentile(b.readies, 50),
		Paired: pairs[len(pairs)/2],

		BrokerCPU: b.broker / time.Duration(len(all)), BackendCPU: b.backend / time.Duration(len(all)),
	}
}

func ratio(a, b time.Duration) float64 { return float64(a) / float64(b) }

// percentile returns the smallest latency that p percent are not above.
func percentile(latencies []time.Duration, p int) time.Duration {
	sorted := slices.Sorted(slices.Values(latencies))
	return sorted[(len(sorted)*p+99)/100-1]
}
