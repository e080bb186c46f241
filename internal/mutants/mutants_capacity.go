package main

// capacityMutants break that the registry is bounded, and what it does when it is
// full. (G5, and what it must not do to make room)
func capacityMutants() []mutant {
	return []mutant{{
		name: "full-too-soon", breaks: "G5", must: byProptest, file: "registry/issue.go",
		says: "the last of MaxPending places is never given",
		old:  `r.stats.Tokens < r.maxRecords }`,
		new:  `r.stats.Tokens < max(1, r.maxRecords-1) }`,
	}, {
		name: "capacity-off-by-one", breaks: "G5", must: byProptest, file: "registry/issue.go",
		says: "one more token than MaxPending can be live",
		old:  `!r.closed && r.stats.Tokens < r.maxRecords }`,
		new:  `!r.closed && r.stats.Tokens <= r.maxRecords }`,
	}, {
		name: "capacity-ignored", breaks: "G5", must: byProptest, file: "registry/issue.go",
		says: "a registry that is full and has nothing to drop takes one more",
		old: `			return ErrFull
`,
		new: `			return nil
`,
	}, {
		name: "full-drops-a-pending-handoff", breaks: "G1", must: byProptest, file: "registry/issue.go",
		says: "a full registry makes room by ending an overdue handoff, and tells nobody",
		old:  `id, rec := r.records.FirstIssued()`,
		new:  `id, rec := r.records.First()`,
	}, {
		name: "full-drops-nothing", breaks: "G5", must: byProptest, file: "registry/issue.go",
		says: "a full registry answers ErrFull though issued tokens are past their end",
		old: `			if rec == nil || !rec.End.Reached(now) {
`,
		new: `			if rec == nil || !rec.End.Reached(now) || len(batch) == 0 {
`,
	}, {
		name: "full-drops-live-tokens", breaks: "G3", must: byProptest, file: "registry/issue.go",
		says: "a full registry drops issued tokens before their end",
		old: `			if rec == nil || !rec.End.Reached(now) {
`,
		new: `			if rec == nil {
`,
	}, {
		name: "room-not-published", breaks: "G5", must: byProptest, file: "registry/step.go",
		says: "the random source is read although the registry is full",
		old:  `room != r.room.Load() {`,
		new:  `room && !r.room.Load() {`,
	}, {
		name: "one-try-too-many", breaks: "G5", must: byProptest, file: "registry/issue.go",
		says: "Issue asks the random source once more than CollisionAttempts",
		old:  `	for range r.attempts {`,
		new:  `	for range r.attempts + 1 {`,
	}, {
		name: "random-error-not-wrapped", breaks: "G5", must: byProptest, file: "registry/issue.go",
		says: "the caller cannot tell which error the random source had",
		old:  `"registry: random source: %w"`,
		new:  `"registry: random source: %v"`,
	}}
}
