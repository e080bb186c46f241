package main

// answerMutants tell the caller something else than what happened.
func answerMutants() []mutant {
	return []mutant{{
		name: "abandon-claims-an-issued-token", breaks: "G1", must: byProptest, file: "registry/registry.go",
		says: "Abandon answers true for a token that was only issued",
		old: `	if s.state != fsm.Abandoned {
`,
		new: `	if !s.ends {
`,
	}, {
		name: "exit-told-after-the-call", breaks: "G1", must: byProptest, file: "registry/step.go",
		says: "OnExit is called by another goroutine, perhaps after the call has returned",
		old: `		defer r.onExit(Exit{Token: s.token, Backend: s.backend, State: s.state, Waited: s.waited})
`,
		new: `		exit := Exit{Token: s.token, Backend: s.backend, State: s.state, Waited: s.waited}
		time.AfterFunc(time.Millisecond, func() { r.onExit(exit) })
`,
	}, {
		name: "late-is-counted-from-register", breaks: "G3", must: byProptest, file: "registry/registry.go",
		says: "DeadlineError.Late is the whole wait instead of the time past the deadline",
		old:  `Late: s.now.Since(s.end)`,
		new:  `Late: s.waited`,
	}, {
		name: "waited-from-issue", breaks: "G8", must: byProptest, file: "registry/registry.go",
		says: "the wait of a registered token is counted from Issue instead of Register",
		old:  `r.records.Pend(id, deadline, s.now,`,
		new:  `r.records.Pend(id, deadline, store.At(time.Duration(rec.End)-r.tokenTTL),`,
	}, {
		name: "clamped-deadline-told-unclamped", breaks: "G8", must: byProptest, file: "registry/sweep.go",
		says: "NextDeadline tells the end of what never ends",
		old: `	if earliest == store.Never {
		return`,
		new: `	if earliest == store.Never && r.Tokens() == 0 {
		return`,
	}}
}
