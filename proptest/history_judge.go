package proptest

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/handoff-go/handoff/fsm"
	"github.com/handoff-go/handoff/model"
	"github.com/handoff-go/handoff/registry"
)

// historyWait is how long an order is looked for. Longer is nobody's fault.
const historyWait = 20 * time.Second

// explained reports whether there is an order of the calls in which the model
// gives the same answers.
//
// A call that has not returned may have taken effect at any time since it began,
// or may do so later, and whatever it would answer is right: to porcupine it is a
// call that returns at the end of time. What it does is not known where it would
// have made a token; then each that it may have made is tried.
func (a *arena) explained(history, open []porcupine.Operation) bool {
	for _, effects := range readings(open) {
		switch porcupine.CheckOperationsTimeout(a.specification(), slices.Concat(history, effects), historyWait) {
		case porcupine.Ok:
			return true
		case porcupine.Unknown:
			a.met.undecided++
			return true
		}
	}
	return false
}

// readings returns every set of steps that open calls may stand for. A sweep is
// an Expire of each token, which does nothing unless that is over.
func readings(open []porcupine.Operation) [][]porcupine.Operation {
	all := [][]porcupine.Operation{nil}
	for _, op := range open {
		in := op.Input.(asked)
		var next [][]porcupine.Operation
		for _, before := range all {
			with := func(ops ...porcupine.Operation) { next = append(next, slices.Concat(before, ops)) }
			switch in.op {
			case "Issue", "Begin":
				with() // none was made
				for i := range fewTokens {
					op.Output = said{open: true, token: fewToken(i)}
					with(op)
				}
			case "ExpireOverdue":
				var expires []porcupine.Operation
				for i := range fewTokens {
					op.Input = asked{op: "Expire", token: fewToken(i), now: in.now}
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

// specification is the model as porcupine wants it.
func (a *arena) specification() porcupine.Model {
	return porcupine.Model{
		Init: func() any { return a.model() },
		Step: func(state, input, output any) (bool, any) {
			next, ok := explains(state.(model.State), input.(asked), output.(said))
			return ok, next
		},
		Equal: func(x, y any) bool {
			s, u := x.(model.State), y.(model.State)
			return s.Closed == u.Closed && s.Stats == u.Stats && maps.Equal(s.Records, u.Records)
		},
		DescribeOperation: func(input, output any) string { return describeCall(input.(asked), output.(said)) },
		DescribeState:     func(state any) string { return describeState(state.(model.State)) },
	}
}

// picture writes the history as a page for a browser, with the longest orders
// that porcupine found, and returns where that is, in words.
func (a *arena) picture(history, open []porcupine.Operation) string {
	all := slices.Concat(history, readings(open)[0])
	_, info := porcupine.CheckOperationsVerbose(a.specification(), all, historyWait)
	file, err := os.CreateTemp("", "history-*.html")
	if err != nil {
		return fmt.Sprintf(" (no picture: %v)", err)
	}
	defer file.Close()
	if err := porcupine.Visualize(a.specification(), info, file); err != nil {
		return fmt.Sprintf(" (no picture: %v)", err)
	}
	return " (in a picture: " + file.Name() + ")"
}

// sameOutcomes: OnExit was told what the callers were told. (G1) What it was told
// more, a call that has not returned may have told it.
func (a *arena) sameOutcomes(history, open []porcupine.Operation) {
	count := map[win]int{}
	for _, op := range history {
		in, out := op.Input.(asked), op.Output.(said)
		switch {
		case in.op == "Acknowledge" && out.err == nil:
			count[win{in.token, fsm.Acknowledged}]++
		case in.op == "Acknowledge" && asDeadlineError(out.err) != nil,
			in.op == "Consume" && errors.Is(out.err, registry.ErrTokenExpired),
			in.op == "Expire" && out.ok:
			count[win{in.token, fsm.Expired}]++
		case in.op == "Abandon" && out.ok:
			count[win{in.token, fsm.Abandoned}]++
		}
		for _, e := range out.abandoned {
			count[win{e.Token, fsm.Abandoned}]++
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, e := range a.exits {
		count[win{e.Token, e.State}]--
	}
	for w, n := range count {
		if n > 0 || n < 0 && !slices.ContainsFunc(open, func(op porcupine.Operation) bool { return mayTell(op.Input.(asked), w, -n) }) {
			a.t.Errorf("G1: callers and OnExit differ by %d about %v handoffs", n, w.state)
		}
	}
}

// mayTell reports whether a call may have told OnExit of that exit, n times, before
// it returned.
func mayTell(in asked, w win, n int) bool {
	switch in.op {
	case "Acknowledge":
		return n == 1 && in.token == w.token && (w.state == fsm.Acknowledged || w.state == fsm.Expired)
	case "Consume", "Expire":
		return n == 1 && in.token == w.token && w.state == fsm.Expired
	case "Abandon":
		return n == 1 && in.token == w.token && w.state == fsm.Abandoned
	case "ExpireOverdue":
		return n == 1 && w.state == fsm.Expired
	case "Close":
		return n == 1 && w.state == fsm.Abandoned
	}
	return false
}
