package fsm

import (
	"slices"

	looplab "github.com/looplab/fsm"
)

// transitions is the only definition of which event leads where. What is not
// listed is forbidden.
func transitions() looplab.Events {
	pending := []string{Pending.String()}
	return looplab.Events{
		{Name: Acknowledge.String(), Src: pending, Dst: Acknowledged.String()},
		{Name: Expire.String(), Src: pending, Dst: Expired.String()},
		{Name: Abandon.String(), Src: pending, Dst: Abandoned.String()},
	}
}

// A row says where each event leads from one state; zero means forbidden.
type row [Abandon + 1]State

// table has a row for each state, the invalid zero one included. It is read
// only: nothing assigns to it after package initialisation.
var table = compile(transitions())

// compile turns descriptions by name into a table by value. A description with a
// name that is no state or event of this package is ignored, so its transition is
// forbidden.
func compile(descriptions looplab.Events) (compiled [Abandoned + 1]row) {
	for _, d := range descriptions {
		for _, from := range States() {
			for _, e := range Events() {
				for _, to := range States() {
					if slices.Contains(d.Src, from.String()) && d.Name == e.String() && d.Dst == to.String() {
						compiled[from][e] = to
					}
				}
			}
		}
	}
	return compiled
}
