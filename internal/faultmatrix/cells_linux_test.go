package faultmatrix_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// fault is what happens to a party while it is stopped.
type fault string

const (
	kill     fault = "kill"
	freeze   fault = "freeze"
	stuck    fault = "stuck"
	link     fault = "link"
	garbage  fault = "garbage"
	blocking fault = "blocking"
)

func faults() []fault { return []fault{kill, freeze, stuck, link, garbage, blocking} }

// cell is one square of the matrix.
type cell struct {
	step
	scenario string
	fault    fault
}

func (c cell) String() string {
	return c.party + "/" + c.name + "/" + c.scenario + "/" + string(c.fault)
}

// row is a step in a scenario, with a cell for each fault.
type row struct {
	step
	scenario string
}

func rows(t testing.TB) []row {
	places := stopPoints()
	var all []row
	for _, s := range steps(t) {
		for _, name := range places[s.key()] {
			all = append(all, row{s, name})
		}
	}
	return all
}

// without are the steps after which a party has no copy of the connection, or no link.
// Each cell compares it with what the stopped process really has.
func without() (copies, links []string) {
	copies = []string{
		"broker/CloseCopy", "broker/EndConn", "broker/LinkUp",
		"backend/DialControl", "backend/SendLinkHello", "backend/LinkUp",
		"backend/CloseCopy", "backend/SendReleased", "backend/SendNack", "backend/LinkEnd",
		"client/ReadFallback", "client/Doubt",
	}
	links = []string{"broker/LinkEnd", "backend/LinkEnd", "client/ReadFallback", "client/Doubt"}
	return copies, links
}

// Why a cell stands for nothing.
const (
	noCopy      = "n/a: it has no copy of the connection"
	linkOver    = "n/a: its link is over"
	isClient    = "n/a: it is the client"
	noClientYet = "n/a: no client is there yet"
	keepsClient = "n/a: an owner that is stuck keeps its client"
	noTimeout   = "n/a: a plain client has no timeout"
)

// goesOn reports whether another goroutine of the party finishes the handoff while this
// one is stopped: the reader of the link, for the one that offers.
func (c cell) goesOn() bool {
	switch c.key() {
	case "broker/SendOffer", "broker/OfferWritten":
		return !scenarios()[c.scenario].hold
	}
	return false
}

// serves reports whether the client was told that the party serves it.
func (c cell) serves() bool {
	switch c.key() {
	case "backend/SendReady", "backend/Serve":
		return true
	case "backend/ReadCommit":
		return !scenarios()[c.scenario].noLease
	case "backend/LinkEnd":
		return scenarios()[c.scenario].keeps
	}
	return false
}

// meaningless returns why a cell stands for nothing; empty: it does not.
func (c cell) meaningless() string {
	copies, links := without()
	scene := scenarios()[c.scenario]
	switch c.fault {
	case blocking:
		if slices.Contains(copies, c.key()) && !scene.keeps || c.goesOn() {
			return noCopy
		}
	case link, garbage:
		if slices.Contains(links, c.key()) || c.party == "backend" && scene.dropped {
			return linkOver
		}
	case stuck:
		switch {
		case c.party == "client":
			return isClient
		case scene.early:
			return noClientYet
		case c.serves():
			return keepsClient
		case c.party == "broker" && scene.socket != "":
			return noTimeout
		}
	}
	return ""
}

// A rule that names no step would hide a mistake.
func TestRulesNameSteps(t *testing.T) {
	var keys []string
	for _, s := range steps(t) {
		keys = append(keys, s.key())
	}
	copies, links := without()
	require.Subset(t, keys, copies)
	require.Subset(t, keys, links)
}
