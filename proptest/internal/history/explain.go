package history

import (
	"errors"

	"github.com/handoff-go/handoff/model"
	"github.com/handoff-go/handoff/proptest/internal/contract"
	"github.com/handoff-go/handoff/registry"
)

// explains takes the model's step for a call, and reports whether the answer is the model's. If
// the call has not returned, every answer is right.
func explains(s model.State, in call, out answer) (model.State, bool) {
	next, right := explainsAnswer(s, in, out)
	return next, right || out.open
}

func explainsAnswer(s model.State, in call, out answer) (model.State, bool) {
	token, b := model.Token(in.token.Bytes()), model.Backend(in.backend)
	var want model.Answer
	next := s
	switch in.op {
	case "Issue", "Begin":
		return explainsBegun(s, in, out)
	case "Register":
		next, want = s.Register(token, b, in.now)
		return next, contract.Matches(out.err, want.Verdict)
	case "Consume":
		next, want = s.Consume(token, in.presented.Bytes(), in.now)
		return next, contract.Matches(out.err, want.Verdict)
	case "Acknowledge":
		next, want = s.Acknowledge(token, in.now)
		return next, contract.Matches(out.err, want.Verdict) && sameAcknowledged(in, out, want)
	case "Abandon":
		next, want = s.Abandon(token)
		return next, out.ok == (want.Verdict == model.OK) && (!out.ok || model.Backend(out.backend) == want.Exits[0].Backend)
	case "Expire":
		next, want = s.Expire(token, in.now)
		return next, out.ok == (want.Verdict == model.OK) && (!out.ok ||
			out.token == in.token && model.Backend(out.backend) == want.Exits[0].Backend && out.end == want.Exits[0].Deadline)
	case "ExpireOverdue": // the last step of a sweep: what it returned has steps of its own
		next, want = s.ExpireOverdue(in.now)
		return next, len(want.Exits) == 0
	case "Close":
		next, want = s.Close()
		return next, sameAbandoned(out.abandoned, want.Exits)
	}
	return s, explainsQuery(s, in, out)
}

func explainsBegun(s model.State, in call, out answer) (model.State, bool) {
	if errors.Is(out.err, registry.ErrCollision) {
		// The registry checks for room at every draw, under the lock, and its draws are at different
		// moments. So the answer says no more than that there was room at one of them.
		return s, !s.Closed && s.Tokens() < s.Options.MaxPending
	}
	var draws []model.Token
	if out.err == nil {
		draws = append(draws, out.token.Bytes())
	}
	next, want := s.Issue(in.now, draws...)
	if in.op == "Begin" {
		next, want = s.Begin(model.Backend(in.backend), in.now, draws...)
	}
	return next, want.Verdict != model.RandomFailed && contract.Matches(out.err, want.Verdict)
}

func explainsQuery(s model.State, in call, out answer) bool {
	switch in.op {
	case "NextDeadline":
		next, ok := s.NextDeadline()
		return out.ok == ok && (!ok || out.end == next)
	case "Backend":
		b, ok := s.Backend(in.token.Bytes())
		return out.ok == ok && model.Backend(out.backend) == b
	case "Len":
		return out.n == s.Len()
	case "Tokens":
		return out.n == s.Tokens()
	default:
		return out.stats == contract.Stats(s)
	}
}

func sameAcknowledged(in call, out answer, want model.Answer) bool {
	switch want.Verdict {
	case model.OK:
		return out.token == in.token && model.Backend(out.backend) == want.Exits[0].Backend && out.wait == want.Exits[0].Waited
	case model.DeadlineReached:
		return model.Backend(out.backend) == want.Exits[0].Backend && out.wait == want.Late && out.end == want.Exits[0].Deadline
	}
	return true
}

func sameAbandoned(got []registry.Abandoned, want []model.Exit) bool {
	wanted := contract.ExitsByToken(want)
	for _, e := range got {
		if exit, ok := wanted[e.Token.Bytes()]; !ok || exit.Backend != model.Backend(e.Backend) {
			return false
		}
		delete(wanted, e.Token.Bytes())
	}
	return len(wanted) == 0
}
