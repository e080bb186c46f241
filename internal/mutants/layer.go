package main

import (
	"fmt"
	"time"
)

// A layer is a set of tests that may kill a mutant.
type layer struct {
	name        string
	parts       []part
	runs        [][]string    // the further arguments of each run; a mutant is killed if every run fails
	race        bool          // build with the race detector
	ownOnly     bool          // run only for the mutants that must be killed here
	informative bool          // no mutant may rely on it
	least       time.Duration // for one run; zero: shortestLimit
}

// A part of a layer is the tests of one package whose names match.
type part struct {
	dir   string // the package's folder, with slashes
	tests string // as for -test.run: "" is all of them
}

// The names of the layers that a mutant can rely on.
const (
	byModel    = "model"
	byProptest = "proptest"
	byFuzz     = "fuzz"
	byRace     = "race"
	bySockets  = "sockets"
)

// allLayers returns the layers in the order of the matrix.
func allLayers() []layer {
	return []layer{
		{name: byModel, parts: []part{{"model", ""}, {conformance, "^TestRegistryWalks$"}}, runs: once()},
		{name: byProptest, parts: []part{{conformance, "^TestRegistry$"}}, runs: seeds()},
		{name: byFuzz, parts: []part{{"fuzz", "^Fuzz"}}, runs: once()},
		{name: byRace, parts: []part{{conformance, "^TestRegistryConcurrently$"}}, runs: once(), race: true, ownOnly: true},
		// A socket test waits for half a minute before it says that nothing comes.
		{name: bySockets, parts: []part{{"backend", ""}, {"broker", decisive}, {"compat", ""}, {"wire", "Refused|LongAck"}, {"client", "EndWithout"}, {"internal/fdpass", "Ledger"}, {"internal/ownedconn", ""}}, runs: once(), ownOnly: true, least: 2 * longestLimit},
		// A million handoffs are not worth their time for a column that nobody relies on.
		{name: "unit", parts: []part{{"registry", ""}, {"registry/internal/store", ""}, {"fsm", ""}, {"fallback", ""}}, runs: [][]string{{"-test.skip=^TestMemoryComesBack$"}}, informative: true},
	}
}

// conformance is the folder of the tests that run the conformance kit on the registry.
const conformance = "internal/mutants/conformance"

// decisive matches the broker's tests of who owns a connection, and of what is closed. The
// others wait for clocks, and take longer.
const decisive = "Ack|Fence|Stream|Expired|Stuck|Holder|Dropped|Unsettled|Drain|CameBack|Descriptors|Adopted|Handoff|InvalidHello|WantedVersion|LatestPong|NotProxied"

// seeds returns the arguments of one run for each of five seeds, with rapid's
// default effort written out, so that a test that raises it does not help. The
// first failure is enough: nothing is minimised, and none is recorded.
func seeds() [][]string {
	var runs [][]string
	for _, seed := range []int{1, 2, 3, 5, 8} {
		runs = append(runs, []string{
			fmt.Sprintf("-rapid.seed=%d", seed), "-rapid.checks=100", "-rapid.steps=30",
			"-rapid.shrinktime=0s", "-rapid.nofailfile",
		})
	}
	return runs
}

func once() [][]string { return [][]string{nil} }

// quickened returns the layers as -quick uses them: one run each, and asked only
// for the mutants that they must kill.
func quickened(layers []layer) []layer {
	var quick []layer
	for _, l := range layers {
		if l.informative {
			continue
		}
		l.runs, l.ownOnly = l.runs[:1], true
		quick = append(quick, l)
	}
	return quick
}
