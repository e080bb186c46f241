package main

// sweepMutants break that what is over ends when somebody sweeps, and that the
// caller knows when to. (G7)
func sweepMutants() []mutant {
	return []mutant{{
		name: "sweep-in-order-of-register", breaks: "G7", must: byProptest, file: "registry/internal/store/store.go",
		says: "handoffs that the token's end clips are looked at only after all others",
		old:  `if a == 0 || t != 0 && s.records.at(t).End < s.records.at(a).End {`,
		new:  `if a == 0 {`,
	}, {
		name: "sweep-newest-first", breaks: "G7", must: byProptest, file: "registry/sweep.go",
		says: "ExpireOverdue returns what it ended, the youngest deadline first",
		old:  `all = append(all, r.expired(s))`,
		new:  `all = append([]Expired{r.expired(s)}, all...)`,
	}, {
		name: "sweep-ends-only-one", breaks: "G7", must: byProptest, file: "registry/sweep.go",
		says: "ExpireOverdue stops after the first handoff",
		old:  `rec != nil && rec.End.Reached(now):`,
		new:  `rec != nil && len(batch) == 0 && rec.End.Reached(now):`,
	}, {
		name: "sweep-stops-after-a-batch", breaks: "G7", must: byProptest, file: "registry/sweep.go",
		says: "ExpireOverdue ends sixteen records and leaves the rest",
		old: `			if batch[i].op == OpSweep || !each(&batch[i]) {
				return
			}
		}
`,
		new: `			if batch[i].op == OpSweep || !each(&batch[i]) {
				return
			}
		}
		break
`,
	}, {
		name: "sweep-leaves-issued-tokens", breaks: "G7", must: byProptest, file: "registry/sweep.go",
		says: "ExpireOverdue stops at the first token past its end with nothing pending",
		old:  `rec != nil && rec.End.Reached(now):`,
		new:  `rec != nil && rec.Pending() && rec.End.Reached(now):`,
	}, {
		name: "sweep-misses-the-exact-instant", breaks: "G7", must: byProptest, file: "registry/sweep.go",
		says: "a sweep at the very instant of the earliest end takes no look",
		old:  `store.Instant(r.earliest.Load()).Reached(at); size`,
		new:  `store.Instant(r.earliest.Load()).Reached(at-1); size`,
	}, {
		name: "next-deadline-ignores-issued", breaks: "G7", must: byProptest, file: "registry/step.go",
		says: "NextDeadline is none as long as the soonest end is an issued token's",
		old:  `if _, rec := r.records.First(); rec != nil && !r.closed {`,
		new:  `if _, rec := r.records.First(); rec != nil && !r.closed && rec.Pending() {`,
	}, {
		name: "earliest-end-goes-stale", breaks: "G7", must: byProptest, file: "registry/step.go",
		says: "NextDeadline keeps telling an end that is gone",
		old:  `if earliest != store.Instant(r.earliest.Load()) {`,
		new:  `if earliest < store.Instant(r.earliest.Load()) {`,
	}, {
		name: "sooner-end-not-published", breaks: "G7", must: byProptest, file: "registry/step.go",
		says: "an end that is sooner than the one known does not become the earliest",
		old:  `if earliest != store.Instant(r.earliest.Load()) {`,
		new:  `if was := store.Instant(r.earliest.Load()); earliest > was || was == store.Never {`,
	}}
}

// closeMutants break that Close ends everything. (G1, G2)
func closeMutants() []mutant {
	return []mutant{{
		name: "close-forgets-one", breaks: "G1", must: byProptest, file: "registry/close.go",
		says: "Close leaves the last record where it is",
		old:  `for id, rec := r.records.First(); rec != nil && len(batch) < size; id, rec = r.records.First() {`,
		new:  `for id, rec := r.records.First(); r.stats.Tokens > 1 && len(batch) < size; id, rec = r.records.First() {`,
	}, {
		name: "close-stops-after-a-batch", breaks: "G1", must: byProptest, file: "registry/close.go",
		says: "Close ends sixteen records and leaves the rest",
		old: `	defer r.abandonRest()
	r.unlock(&s)
	return r.abandonAll()
`,
		new: `	r.unlock(&s)
	r.mu.Lock()
	batch := r.abandonLocked(minBatch)
	r.unlockAll(batch)
	var all []Abandoned
	for i := range batch {
		if batch[i].state == fsm.Abandoned {
			all = append(all, Abandoned{Token: batch[i].token, Backend: batch[i].backend})
		}
	}
	return all
`,
	}, {
		name: "close-keeps-issued-tokens", breaks: "G2", must: byProptest, file: "registry/close.go",
		says: "Close stops when no handoff is pending, and leaves the tokens that were only issued",
		old:  `for id, rec := r.records.First(); rec != nil && len(batch) < size; id, rec = r.records.First() {`,
		new:  `for id, rec := r.records.First(); r.stats.Pending > 0 && len(batch) < size; id, rec = r.records.First() {`,
	}, {
		name: "close-tells-twice", breaks: "G1", must: byProptest, file: "registry/close.go",
		says: "OnExit is called twice for each handoff that Close abandons",
		old: `		r.unlockAll(batch)
		for i := range batch {
			if batch[i].state == fsm.Abandoned {
`,
		new: `		r.unlockAll(batch)
		for i := range batch {
			if r.onExit != nil && batch[i].state.Terminal() {
				r.onExit(Exit{Token: batch[i].token, Backend: batch[i].backend, State: batch[i].state})
			}
			if batch[i].state == fsm.Abandoned {
`,
	}, {
		name: "begin-after-close", breaks: "G2", must: byProptest, file: "registry/issue.go",
		says: "a closed registry begins new handoffs",
		old:  `hasRoomLocked() bool { return !r.closed && `,
		new:  `hasRoomLocked() bool { return `,
	}, {
		name: "closed-answers-as-empty", breaks: "G2", must: byProptest, file: "registry/registry.go",
		says: "Consume of a closed registry answers as an empty one would",
		old: `	case r.closed:
		s.err = ErrClosed
	case rec == nil || rec.Consumed:
`,
		new: `	case rec == nil || rec.Consumed:
`,
	}}
}
