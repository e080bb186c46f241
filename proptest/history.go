package proptest

import (
	"math/rand/v2"
	"slices"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/handoff-go/handoff/model"
	"github.com/handoff-go/handoff/registry"
)

// asked is a call in a history.
type asked struct {
	op        string
	token     registry.Token
	presented registry.Token
	backend   registry.Backend
	now       model.Instant
}

// said is what a call answered. What an operation does not speak of is zero.
type said struct {
	open      bool // the call has not returned; a token is then the one that it may have made
	err       error
	ok        bool
	token     registry.Token
	backend   registry.Backend
	wait      time.Duration // Waited, or Late
	end       model.Instant // a deadline
	n         int
	stats     registry.Stats
	swept     []registry.Expired
	abandoned []registry.Abandoned
}

const (
	fewTokens  = 5
	historyAck = 10
)

// checkHistory records a short history and looks for an order that explains it.
// In a quarter of the histories one call never returns.
func checkHistory(a *arena) {
	draws := &few{rand: rand.New(rand.NewPCG(a.seed, 2)), n: fewTokens}
	switch a.rand.IntN(16) {
	case 0:
		a.hold = newHold(a.rand.IntN(6))
		draws.hold = a.hold
	case 1, 2, 3:
		a.hold = newHold(a.rand.IntN(3))
		a.holdsExits = true
	}
	a.open(registry.Options{AckDeadline: historyAck, TokenTTL: time.Hour, MaxPending: 3, CollisionAttempts: 2, Rand: draws})
	const callers, calls = 4, 6
	history, open, stuck := a.converse(callers, calls)
	defer func() {
		a.hold.release()
		if !stuck {
			a.callers.Wait()
		}
	}()
	if stuck {
		a.t.Errorf("calls that nothing holds have not returned after %v%s:\n%s",
			a.patience, a.picture(history, open), describeHistory(slices.Concat(history, open)))
		return
	}
	a.meet(history)
	a.met.open += len(open)
	if !a.explained(history, open) {
		a.t.Errorf("no order of these calls explains their answers%s:\n%s",
			a.picture(history, open), describeHistory(slices.Concat(history, open)))
	}
	a.sameOutcomes(history, open)
}

// meet counts the calls that others came between the begin and the end of.
func (a *arena) meet(history []porcupine.Operation) {
	for _, op := range history {
		a.met.calls++
		if op.Return > op.Call+1 {
			a.met.together++
		}
	}
}

// plan draws calls. Rounds with and without Close ask for different things, see
// RunConcurrent.
func (a *arena) plan(calls int) []asked {
	ops := []string{"Begin", "Begin", "Issue", "Register", "Register", "Consume", "Acknowledge", "Acknowledge",
		"Abandon", "Expire", "ExpireOverdue", "NextDeadline"}
	if a.seed%2 == 0 {
		ops = append(ops, "Close")
	} else {
		ops = append(ops, "Stats", "Stats", "Len", "Tokens", "Backend")
	}
	var plan []asked
	for range calls {
		in := asked{
			op:      ops[a.rand.IntN(len(ops))],
			token:   fewToken(a.rand.IntN(fewTokens)),
			backend: backend(a.rand.IntN(3)),
			now:     []model.Instant{0, 0, 1, historyAck - 1, historyAck, historyAck + 1}[a.rand.IntN(6)],
		}
		if in.presented = in.token; a.rand.IntN(4) == 0 {
			in.presented = fewToken(a.rand.IntN(fewTokens))
		}
		plan = append(plan, in)
	}
	return plan
}

// make makes a call.
func (a *arena) make(in asked) (out said) {
	now := in.now.Time(a.origin)
	switch in.op {
	case "Issue":
		out.token, out.err = a.system.Issue(now)
	case "Begin":
		out.token, out.err = a.system.Begin(in.backend, now)
	case "Register":
		out.err = a.system.Register(in.token, in.backend, now)
	case "Consume":
		out.err = a.system.Consume(in.token, in.presented, now)
	case "Acknowledge":
		done, err := a.system.Acknowledge(in.token, now)
		out = said{err: err, token: done.Token, backend: done.Backend, wait: done.Waited}
		if late := asDeadlineError(err); late != nil {
			out.backend, out.wait, out.end = late.Backend, late.Late, model.At(a.origin, late.Deadline)
		}
	case "Abandon":
		out.backend, out.ok = a.system.Abandon(in.token)
	case "Expire":
		out = a.expired(a.system.Expire(in.token, now))
	case "ExpireOverdue":
		out.swept = a.system.ExpireOverdue(now)
	case "Close":
		out.abandoned = a.system.Close()
	case "NextDeadline":
		next, ok := a.system.NextDeadline()
		if out.ok = ok; ok {
			out.end = model.At(a.origin, next)
		}
	case "Backend":
		out.backend, out.ok = a.system.Backend(in.token)
	case "Len":
		out.n = a.system.Len()
	case "Tokens":
		out.n = a.system.Tokens()
	case "Stats":
		out.stats = a.system.Stats()
	}
	return out
}

func (a *arena) expired(e registry.Expired, ok bool) said {
	if !ok {
		return said{}
	}
	return said{ok: true, token: e.Token, backend: e.Backend, end: model.At(a.origin, e.Deadline)}
}
