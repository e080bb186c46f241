package history

import (
	"errors"
	"slices"

	"github.com/anishathalye/porcupine"

	"github.com/handoff-go/handoff/fsm"
	"github.com/handoff-go/handoff/proptest/internal/contract"
	"github.com/handoff-go/handoff/proptest/internal/oracle"
	"github.com/handoff-go/handoff/proptest/internal/race"
	"github.com/handoff-go/handoff/registry"
)

// checkExits: OnExit was told what the callers were told. (G1) If it was told more, a call that
// has not returned must have caused it.
func (r *recorder) checkExits(returned, open []porcupine.Operation) {
	count := map[race.Outcome]int{} // told to callers, less told to OnExit
	for _, op := range returned {
		in, out := op.Input.(call), op.Output.(answer)
		switch {
		case in.op == "Acknowledge" && out.err == nil:
			count[race.Outcome{Token: in.token, State: fsm.Acknowledged}]++
		case in.op == "Acknowledge" && contract.DeadlineError(out.err) != nil,
			in.op == "Consume" && errors.Is(out.err, registry.ErrTokenExpired),
			in.op == "Expire" && out.ok:
			count[race.Outcome{Token: in.token, State: fsm.Expired}]++
		case in.op == "Abandon" && out.ok:
			count[race.Outcome{Token: in.token, State: fsm.Abandoned}]++
		}
		for _, e := range out.abandoned {
			count[race.Outcome{Token: e.Token, State: fsm.Abandoned}]++
		}
	}
	for _, e := range r.Exits() {
		count[race.Outcome{Token: e.Token, State: e.State}]--
	}
	for outcome, n := range count {
		caused := func(op porcupine.Operation) bool { return mayCause(op.Input.(call), outcome, -n) }
		if n > 0 || n < 0 && !slices.ContainsFunc(open, caused) {
			r.T.Errorf("%v: callers were told of %+d more %v handoffs of one token than OnExit", oracle.LeavesExactlyOnce, n, outcome.State)
		}
	}
}

// mayCause reports whether a call may have caused n calls of OnExit with an outcome.
func mayCause(in call, o race.Outcome, n int) bool {
	if n != 1 {
		return false
	}
	switch in.op {
	case "Acknowledge":
		return in.token == o.Token && (o.State == fsm.Acknowledged || o.State == fsm.Expired)
	case "Consume", "Expire":
		return in.token == o.Token && o.State == fsm.Expired
	case "Abandon":
		return in.token == o.Token && o.State == fsm.Abandoned
	case "ExpireOverdue":
		return o.State == fsm.Expired
	case "Close":
		return o.State == fsm.Abandoned
	}
	return false
}
