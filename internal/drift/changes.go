package main

import "slices"

// allChanges returns the changes: the same ten rules, as far as each place has them,
// changed in the specification, in the model and in the registry.
func allChanges() []change {
	return slices.Concat(specChanges(), modelChanges(), registryChanges())
}

func specChanges() []change {
	const answers, steps = "spec/Answers.tla", "spec/HandoffAck.tla"
	return side(inSpec, []change{
		{name: "over-is-after", says: "an end is over one instant later",
			file: answers, old: `e # Never /\ n >= e`, new: `e # Never /\ n > e`},
		{name: "register-extends", says: "a deadline may lie after the token's end",
			file: steps, old: `Pend(t, n, Earlier(Plus(n, AckDeadline), end[t]))`, new: `Pend(t, n, Plus(n, AckDeadline))`},
		{name: "one-more-fits", says: "there may be one token more",
			file: answers, old: `Cardinality(Live) >= MaxPending`, new: `Cardinality(Live) > MaxPending`},
		{name: "consumed-twice", says: "a consumed token may be consumed again",
			file: answers, old: `token[expected] # "live" \/ expected \in consumed THEN`, new: `token[expected] # "live" THEN`},
		{name: "mismatch-before-expiry", by: "guarantees", says: "the token that is presented is compared before the end is looked at",
			file: answers, old: `IF Over(n, end[expected]) THEN "ErrTokenExpired"
  ELSE IF presented # expected THEN "ErrTokenMismatch"`, new: `IF presented # expected THEN "ErrTokenMismatch"
  ELSE IF Over(n, end[expected]) THEN "ErrTokenExpired"`},
		{name: "late-ack-counts", says: "an ACK that comes too late counts as one in time",
			file: steps, old: `AcknowledgeAnswer(t, n) = "DeadlineError" /\ Leave(t, "expired")`, new: `AcknowledgeAnswer(t, n) = "DeadlineError" /\ Leave(t, "acknowledged")`},
		{name: "abandon-spares-issued", says: "abandoning leaves a token alive that nothing is pending on",
			file: steps, old: `\/ AbandonAnswer(t) = "revoked" /\ Revoke(t)`, new: `\/ FALSE`},
		{name: "register-spares-expired", says: "registering a token whose end has come leaves it alive",
			file: steps, old: `\/ RegisterAnswer(t, n) = "ErrTokenExpired" /\ Revoke(t)`, new: `\/ FALSE`},
		{name: "issued-for-less", says: "a token lives for the ACK's deadline",
			file: steps, old: `![t] = Plus(n, TokenTTL)`, new: `![t] = Plus(n, AckDeadline)`},
		{name: "youngest-first", by: "guarantees", says: "a sweep takes what was over last",
			file: answers, old: `end[t] <= end[u]`, new: `end[t] >= end[u]`},
	})
}

func modelChanges() []change {
	const steps = "model/operations.go"
	return side(inModel, []change{
		{name: "over-is-after", says: "an end is over one instant later",
			file: "model/time.go", old: `return end < Never && now >= end }`, new: `return end < Never && now > end }`},
		{name: "register-extends", says: "a deadline may lie after the token's end",
			file: steps, old: `r.End = min(now.Add(s.Options.AckDeadline), r.TokenEnd)`, new: `r.End = now.Add(s.Options.AckDeadline)`},
		{name: "one-more-fits", says: "there may be one token more",
			file: steps, old: `len(s.Records) >= s.Options.MaxPending }`, new: `len(s.Records) > s.Options.MaxPending }`},
		{name: "consumed-twice", says: "a consumed token may be consumed again",
			file: steps, old: `case !live || r.Consumed:`, new: `case !live:`},
		{name: "mismatch-before-expiry", by: "properties", says: "the token that is presented is compared before the end is looked at",
			file: steps, old: `	case Over(now, r.End) && r.Pending:`, new: `	case presented != expected:
		return s, Answer{Verdict: TokenMismatch}
	case Over(now, r.End) && r.Pending:`},
		{name: "late-ack-counts", says: "an ACK that comes too late counts as one in time",
			file: steps, old: `		s, exit := s.leave(t, Expired, now)
		return s, Answer{Verdict: DeadlineReached`, new: `		s, exit := s.leave(t, Acknowledged, now)
		return s, Answer{Verdict: DeadlineReached`},
		{name: "abandon-spares-issued", says: "abandoning leaves a token alive that nothing is pending on",
			file: steps, old: `		return s.without(t), Answer{Verdict: None}`, new: `		return s, Answer{Verdict: None}`},
		{name: "register-spares-expired", says: "registering a token whose end has come leaves it alive",
			file: steps, old: `return s.without(t), Answer{Verdict: TokenExpired}`, new: `return s, Answer{Verdict: TokenExpired}`},
		{name: "issued-for-less", says: "a token lives for the ACK's deadline",
			file: steps, old: `	end := now.Add(s.Options.TokenTTL)`, new: `	end := now.Add(s.Options.AckDeadline)`},
		{name: "drop-takes-pending", says: "what is pending and over may be dropped, and nobody told",
			file: steps, old: `!live || r.Pending || !Over(now, r.End)`, new: `!live || !Over(now, r.End)`},
	})
}

func registryChanges() []change {
	const steps, sweep = "registry/registry.go", "registry/sweep.go"
	return side(inRegistry, []change{
		{name: "over-is-after", says: "an end is over one instant later",
			file: "registry/internal/store/instant.go", old: `return end < Never && now >= end }`, new: `return end < Never && now > end }`},
		{name: "register-extends", says: "a deadline may lie after the token's end",
			file: steps, old: `min(s.now.After(r.ackDeadline), rec.End)`, new: `s.now.After(r.ackDeadline)`},
		{name: "one-more-fits", says: "there may be one token more",
			file: "registry/issue.go", old: `r.stats.Tokens < r.maxRecords }`, new: `r.stats.Tokens <= r.maxRecords }`},
		{name: "consumed-twice", says: "a consumed token may be consumed again",
			file: steps, old: `case rec == nil || rec.Consumed:`, new: `case rec == nil:`},
		{name: "mismatch-before-expiry", says: "the token that is presented is compared before the end is looked at",
			file: steps, old: `		s.err = ErrTokenNotLive
	case rec.End.Reached(s.now):
		if rec.Pending() {`, new: `		s.err = ErrTokenNotLive
	case !s.presented.Equal(s.token):
		s.err = ErrTokenMismatch
	case rec.End.Reached(s.now):
		if rec.Pending() {`},
		{name: "late-ack-counts", says: "an ACK that comes too late counts as one in time",
			file: steps, old: `		r.leaveLocked(s, id, rec, fsm.Expire)
	default:`, new: `		r.leaveLocked(s, id, rec, fsm.Acknowledge)
	default:`},
		{name: "abandon-spares-issued", says: "abandoning leaves a token alive that nothing is pending on",
			file: steps, old: `	default:
		r.removeLocked(id, rec)
	}
	r.unlock(&s)`, new: `	}
	r.unlock(&s)`},
		{name: "register-spares-expired", says: "registering a token whose end has come leaves it alive",
			file: steps, old: `		s.err = ErrTokenExpired
		r.removeLocked(id, rec)`, new: `		s.err = ErrTokenExpired`},
		{name: "issued-for-less", says: "a token lives for the ACK's deadline",
			file: "registry/issue.go", old: `r.issueLocked(&s, s.now.After(r.tokenTTL))`, new: `r.issueLocked(&s, s.now.After(r.ackDeadline))`},
		{name: "youngest-first", says: "a sweep takes what ends by its token after all else",
			file: "registry/internal/store/store.go", old: `if a == 0 || t != 0 && s.records.at(t).End < s.records.at(a).End {`, new: `if a == 0 {`},
	})
}

// side says of changes where they are, and makes their names their own.
func side(where string, changes []change) []change {
	for i := range changes {
		changes[i].side = where
		changes[i].name = where + "-" + changes[i].name
	}
	return changes
}
