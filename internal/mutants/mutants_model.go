package main

// modelMutants are in the reference model: the kit must see that the registry
// disagrees with it.
func modelMutants() []mutant {
	return []mutant{{
		name: "model-over-only-past-the-end", breaks: "G3", must: byProptest, file: "model/time.go",
		says: "the model's end is reached at now > end",
		old:  `return end < Never && now >= end }`,
		new:  `return end < Never && now > end }`,
	}, {
		name: "model-deadline-ignores-the-token-end", breaks: "G4", must: byProptest, file: "model/operations.go",
		says: "in the model a deadline can lie after the token's end",
		old:  `	r.End = min(now.Add(s.Options.AckDeadline), r.TokenEnd)`,
		new:  `	r.End = now.Add(s.Options.AckDeadline)`,
	}, {
		name: "model-negative-wait", breaks: "G8", must: byProptest, file: "model/time.go",
		says: "in the model a clock that steps back makes a negative wait",
		old:  `time.Duration(max(0, i-u)) }`,
		new:  `time.Duration(i - u) }`,
	}, {
		name: "model-capacity-off-by-one", breaks: "G5", must: byProptest, file: "model/operations.go",
		says: "the model takes one token more than MaxPending",
		old:  `len(s.Records) >= s.Options.MaxPending }`,
		new:  `len(s.Records) > s.Options.MaxPending }`,
	}, {
		name: "model-consume-checks-mismatch-first", breaks: "G2", must: byProptest, file: "model/operations.go",
		says: "in the model a mismatch is answered before the token's end is looked at",
		old:  `	case Over(now, r.End) && r.Pending:`,
		new: `	case presented != expected:
		return s, Answer{Verdict: TokenMismatch}
	case Over(now, r.End) && r.Pending:`,
	}, {
		name: "model-reregister-overwrites", breaks: "G1", must: byProptest, file: "model/operations.go",
		says: "in the model a second Register replaces the pending handoff",
		old: `	case r.Pending:
		return s, Answer{Verdict: AlreadyPending} // G1
`,
		new: ``,
	}}
}
