package main

// countMutants break that nothing gets lost in the counts. (G6)
func countMutants() []mutant {
	return []mutant{{
		name: "expiry-not-counted", breaks: "G6", must: byProptest, file: "registry/records.go",
		says: "an expired handoff is in no counter",
		old: `	case fsm.Expired:
		r.stats.Expired++
`,
		new: `	case fsm.Expired:
`,
	}, {
		name: "dropped-token-not-counted-as-revoked", breaks: "G6", must: byProptest, file: "registry/records.go",
		says: "Revoked counts only tokens that had a handoff",
		old: `		r.stats.Pending--
	}
	r.records.Remove(id)
	r.stats.Revoked++
`,
		new: `		r.stats.Pending--
		r.stats.Revoked++
	}
	r.records.Remove(id)
`,
	}}
}
