// Package history checks a registry that several goroutines use at the same time. It records
// histories, which are the calls with their answers and the time from call to return, and looks
// for an order of the calls that explains the answers: the registry must be linearizable. And it
// takes the model through the events of a trace, which claims to be such an order.
package history

import (
	"time"

	"github.com/handoff-go/handoff/model"
	"github.com/handoff-go/handoff/proptest/internal/contract"
	"github.com/handoff-go/handoff/registry"
)

// call is a call in a history.
type call struct {
	op        string
	token     registry.Token
	presented registry.Token
	backend   registry.Backend
	now       model.Instant
}

// answer is what a call returned. What an operation does not return is zero.
type answer struct {
	open      bool // the call has not returned; token is then the one that it may have issued
	err       error
	ok        bool
	token     registry.Token
	backend   registry.Backend
	wait      time.Duration // Acknowledged.Waited, or DeadlineError.Late
	end       model.Instant // a deadline
	n         int
	stats     registry.Stats
	swept     []registry.Expired
	abandoned []registry.Abandoned
}

// do makes a call. origin is the time of the instant 0.
func (in call) do(system contract.Registry, origin time.Time) (out answer) {
	now := in.now.Time(origin)
	switch in.op {
	case "Issue":
		out.token, out.err = system.Issue(now)
	case "Begin":
		out.token, out.err = system.Begin(in.backend, now)
	case "Register":
		out.err = system.Register(in.token, in.backend, now)
	case "Consume":
		out.err = system.Consume(in.token, in.presented, now)
	case "Acknowledge":
		done, err := system.Acknowledge(in.token, now)
		out = answer{err: err, token: done.Token, backend: done.Backend, wait: done.Waited}
		if late := contract.DeadlineError(err); late != nil {
			out.backend, out.wait, out.end = late.Backend, late.Late, model.At(origin, late.Deadline)
		}
	case "Abandon":
		out.backend, out.ok = system.Abandon(in.token)
	case "Expire":
		if e, ok := system.Expire(in.token, now); ok {
			out = expired(e, origin)
		}
	case "ExpireOverdue":
		out.swept = system.ExpireOverdue(now)
	case "Close":
		out.abandoned = system.Close()
	case "NextDeadline":
		next, ok := system.NextDeadline()
		if out.ok = ok; ok {
			out.end = model.At(origin, next)
		}
	case "Backend":
		out.backend, out.ok = system.Backend(in.token)
	case "Len":
		out.n = system.Len()
	case "Tokens":
		out.n = system.Tokens()
	case "Stats":
		out.stats = system.Stats()
	}
	return out
}

// expired is the answer of an Expire that ended a handoff.
func expired(e registry.Expired, origin time.Time) answer {
	return answer{ok: true, token: e.Token, backend: e.Backend, end: model.At(origin, e.Deadline)}
}
