package proptest

import (
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/handoff-go/handoff/fsm"
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
	fewTokens   = 5
	historyAck  = 10
	historyWait = 20 * time.Second
)

// checkHistory records a short history and looks for an order that explains it.
func checkHistory(a *arena) {
	a.open(registry.Options{
		AckDeadline: historyAck, TokenTTL: time.Hour, MaxPending: 3, CollisionAttempts: 2,
		Rand: &few{rand: rand.New(rand.NewPCG(a.seed, 2)), n: fewTokens},
	})
	const callers, calls = 4, 6
	var clock atomic.Int64
	histories := make([][]porcupine.Operation, callers)
	var all []func()
	for i := range callers {
		plan := a.plan(calls)
		all = append(all, func() {
			for _, in := range plan {
				histories[i] = append(histories[i], a.record(&clock, i, in)...)
			}
		})
	}
	together(all...)
	history := slices.Concat(histories...)
	a.meet(history)
	switch porcupine.CheckOperationsTimeout(a.specification(), history, historyWait) {
	case porcupine.Illegal:
		a.t.Errorf("no order of these calls explains their answers:\n%s", describeHistory(history))
	case porcupine.Unknown: // it takes too long to tell, which is nobody's fault
		a.met.undecided++
	}
	a.sameOutcomes(history)
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

// record makes a call and returns what it is in the history: for a sweep, all
// of its steps at the same time.
func (a *arena) record(clock *atomic.Int64, client int, in asked) []porcupine.Operation {
	called := clock.Add(1)
	out := a.make(in)
	returned := clock.Add(1)
	var steps []porcupine.Operation
	add := func(in asked, out said) {
		steps = append(steps, porcupine.Operation{ClientId: client, Input: in, Call: called, Output: out, Return: returned})
	}
	add(in, out)
	for _, e := range out.swept {
		add(asked{op: "Expire", token: e.Token, now: in.now}, a.expired(e, true))
	}
	return steps
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
	}
}

// sameOutcomes: OnExit was told what the callers were told. (G1)
func (a *arena) sameOutcomes(history []porcupine.Operation) {
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
	for _, e := range a.exits {
		count[win{e.Token, e.State}]--
	}
	for w, n := range count {
		if n != 0 {
			a.t.Errorf("G1: callers and OnExit differ by %d about %v handoffs", n, w.state)
		}
	}
}
