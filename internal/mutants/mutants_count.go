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
		old: `	r.stats.Revoked++
	r.stats.Tokens--
}

// leaveLocked is the only way in which a pending handoff leaves: by an fsm event,
// together with its token, and counted. The caller has called describeLocked.
func (r *Registry) leaveLocked(s *step, id store.ID, rec *store.Record, e fsm.Event) {
	if s.state, s.err = rec.State.Next(e); s.err != nil {
		return
	}
	r.removeLocked(id, rec)
	r.stats.Pending--
`,
		new: `	r.stats.Tokens--
}

// leaveLocked is the only way in which a pending handoff leaves: by an fsm event,
// together with its token, and counted. The caller has called describeLocked.
func (r *Registry) leaveLocked(s *step, id store.ID, rec *store.Record, e fsm.Event) {
	if s.state, s.err = rec.State.Next(e); s.err != nil {
		return
	}
	r.removeLocked(id, rec)
	r.stats.Pending--
	r.stats.Revoked++
`,
	}}
}
