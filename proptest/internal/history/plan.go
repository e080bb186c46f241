package history

import (
	"math/rand/v2"

	"github.com/handoff-go/handoff/model"
	"github.com/handoff-go/handoff/proptest/internal/contract"
	"github.com/handoff-go/handoff/proptest/internal/race"
)

const (
	tokens      = 5  // that the calls of a short history are about
	ackDeadline = 10 // of the registries in this package
	traceTTL    = 13 // of those that are traced
)

// plan draws the calls of one caller in a short history. A history has either Close or the
// queries that see Close at work: a Close is one step of a history, and they would see it half
// done.
func plan(r *rand.Rand, calls int, closing bool) []call {
	ops := []string{"Begin", "Begin", "Issue", "Register", "Register", "Consume", "Acknowledge", "Acknowledge",
		"Abandon", "Expire", "ExpireOverdue", "NextDeadline"}
	if closing {
		ops = append(ops, "Close")
	} else {
		ops = append(ops, "Stats", "Stats", "Len", "Tokens", "Backend")
	}
	var plan []call
	for range calls {
		in := call{
			op:      ops[r.IntN(len(ops))],
			token:   race.RepeatingToken(r.IntN(tokens)),
			backend: contract.SampleBackend(r.IntN(3)),
			now:     []model.Instant{0, 0, 1, ackDeadline - 1, ackDeadline, ackDeadline + 1}[r.IntN(6)],
		}
		if in.presented = in.token; r.IntN(4) == 0 {
			in.presented = race.RepeatingToken(r.IntN(tokens))
		}
		plan = append(plan, in)
	}
	return plan
}

// longPlan draws the calls of one caller whose registry is traced, with or without a Close in
// the second half. Its instants are relative to a clock.
func longPlan(r *rand.Rand, calls int, closing bool) []call {
	ops := []string{"Begin", "Begin", "Begin", "Issue", "Issue", "Register", "Register", "Consume", "Acknowledge", "Acknowledge",
		"Abandon", "Expire", "ExpireOverdue"}
	var plan []call
	for range calls {
		plan = append(plan, call{
			op:        ops[r.IntN(len(ops))],
			token:     race.RepeatingToken(r.IntN(2 * tokens)),
			presented: race.RepeatingToken(r.IntN(2 * tokens)),
			backend:   contract.SampleBackend(r.IntN(3)),
			now:       model.Instant(r.IntN(4) - 1),
		})
	}
	if closing {
		plan[calls/2+r.IntN(calls/2)].op = "Close"
	}
	return plan
}
