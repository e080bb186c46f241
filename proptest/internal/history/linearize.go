package history

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/handoff-go/handoff/model"
	"github.com/handoff-go/handoff/proptest/internal/race"
)

// searchTime limits the search for an order. A history that takes longer is not a failure.
const searchTime = 20 * time.Second

// searchResult is what a search for an order came to.
type searchResult int

const (
	found searchResult = iota
	notFound
	undecided
)

// search looks for an order of the calls in which the model gives the same answers, and in which
// no call comes before one that had returned when it began.
//
// A call that has not returned may have taken effect at any time since it began, or may do so
// later, and any answer of it would be right: to porcupine it returns at the end of time. If it
// would have issued a token, its effect depends on which: then each of them is tried.
func search(spec porcupine.Model, returned, open []porcupine.Operation) searchResult {
	for _, effects := range possibleEffects(open) {
		switch porcupine.CheckOperationsTimeout(spec, slices.Concat(returned, effects), searchTime) {
		case porcupine.Ok:
			return found
		case porcupine.Unknown:
			return undecided
		}
	}
	return notFound
}

// possibleEffects returns every set of operations that open calls may stand for. A sweep is an
// Expire of each token, which does nothing unless that is overdue.
func possibleEffects(open []porcupine.Operation) [][]porcupine.Operation {
	all := [][]porcupine.Operation{nil}
	for _, op := range open {
		in := op.Input.(call)
		var next [][]porcupine.Operation
		for _, before := range all {
			with := func(ops ...porcupine.Operation) { next = append(next, slices.Concat(before, ops)) }
			switch in.op {
			case "Issue", "Begin":
				with() // it issued none
				for i := range tokens {
					op.Output = answer{open: true, token: race.RepeatingToken(i)}
					with(op)
				}
			case "ExpireOverdue":
				var expires []porcupine.Operation
				for i := range tokens {
					op.Input = call{op: "Expire", token: race.RepeatingToken(i), now: in.now}
					expires = append(expires, op)
				}
				with(expires...)
			default:
				with(op)
			}
		}
		all = next
	}
	return all
}

// specification is the model, in the form that porcupine takes.
func specification(initial model.State) porcupine.Model {
	return porcupine.Model{
		Init: func() any { return initial },
		Step: func(state, input, output any) (bool, any) {
			next, ok := explains(state.(model.State), input.(call), output.(answer))
			return ok, next
		},
		Equal: func(x, y any) bool {
			s, u := x.(model.State), y.(model.State)
			return s.Closed == u.Closed && s.Stats == u.Stats && maps.Equal(s.Records, u.Records)
		},
		DescribeOperation: func(input, output any) string { return describeCall(input.(call), output.(answer)) },
		DescribeState:     func(state any) string { return describeState(state.(model.State)) },
	}
}

// visualize writes the history as a web page, with the longest orders that porcupine found. It
// returns where, as a part of a sentence.
func visualize(spec porcupine.Model, returned, open []porcupine.Operation) string {
	all := slices.Concat(returned, possibleEffects(open)[0])
	_, info := porcupine.CheckOperationsVerbose(spec, all, searchTime)
	file, err := os.CreateTemp("", "history-*.html")
	if err != nil {
		return fmt.Sprintf(" (not visualized: %v)", err)
	}
	defer file.Close()
	if err := porcupine.Visualize(spec, info, file); err != nil {
		return fmt.Sprintf(" (not visualized: %v)", err)
	}
	return " (visualized in " + file.Name() + ")"
}
