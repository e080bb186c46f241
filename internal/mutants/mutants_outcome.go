package main

// outcomeMutants break that every handoff leaves exactly once. (G1)
func outcomeMutants() []mutant {
	return []mutant{{
		name: "reregister-overwrites", breaks: "G1", must: byProptest, file: "registry/registry.go",
		says: "a second Register replaces the pending handoff, which leaves without an outcome",
		old: `		s.err = ErrAlreadyPending
`,
		new: `		r.records.Remove(id, rec)
		known = r.records.FindBackend(store.Backend(b))
		if known == 0 {
			known = r.records.AddBackend(store.Backend(b))
		}
		r.records.AddPending(&s.token.x, s.end, s.now, known)
		r.stats.Pending--
		r.pendingLocked(s, s.end)
`,
	}, {
		name: "late-ack-keeps-the-handoff", breaks: "G1", must: byProptest, file: "registry/registry.go",
		says: "a late ACK tells the expiry and leaves the handoff pending",
		old: `		s.err = ErrNotPending
	case rec.End.Reached(s.now):
		r.leaveLocked(s, id, rec, fsm.Expire)
`,
		new: `		s.err = ErrNotPending
	case rec.End.Reached(s.now):
		r.describeLocked(s, rec)
		s.state = fsm.Expired
`,
	}, {
		name: "late-ack-told-twice", breaks: "G1", must: byProptest, file: "registry/registry.go",
		says: "OnExit is called twice for a handoff that expires by a late ACK",
		old: `	r.unlock(&s)
	if s.err != nil {
		return Acknowledged{}, s.err
`,
		new: `	r.unlock(&s)
	if s.state == fsm.Expired && r.onExit != nil {
		r.onExit(Exit{Token: s.token, Backend: s.backend, State: s.state, Waited: s.waited})
	}
	if s.err != nil {
		return Acknowledged{}, s.err
`,
	}, {
		name: "late-ack-not-told", breaks: "G1", must: byProptest, file: "registry/step.go",
		says: "OnExit is not called for a handoff that expires by a late ACK",
		old:  `if r.onExit != nil && s.state.Terminal() {`,
		new:  `if r.onExit != nil && s.state.Terminal() && (s.op != OpAcknowledge || s.err == nil) {`,
	}, {
		name: "abandoned-is-not-terminal", breaks: "G1", must: byProptest, file: "fsm/fsm.go",
		says: "abandoned does not count as an end, so no such exit is told",
		old:  `return s.valid() && table[s] == row{} }`,
		new:  `return s.valid() && s != Abandoned && table[s] == row{} }`,
	}, {
		name: "expire-leads-to-abandoned", breaks: "G1", must: byProptest, file: "fsm/table.go",
		says: "the event expire leads to the state abandoned",
		old:  `{Name: Expire.String(), Src: pending, Dst: Expired.String()},`,
		new:  `{Name: Expire.String(), Src: pending, Dst: Abandoned.String()},`,
	}, {
		name: "sweep-returns-one-twice", breaks: "G1", must: byProptest, file: "registry/sweep.go",
		says: "ExpireOverdue returns a handoff twice if another ended at the same deadline",
		old: `			all = append(all, r.expired(s))
`,
		new: `			e := r.expired(s)
			if len(all) > 0 && all[len(all)-1].Deadline.Equal(e.Deadline) {
				all = append(all, e)
			}
			all = append(all, e)
`,
	}, {
		name: "sweep-hides-the-oldest", breaks: "G1", must: byProptest, file: "registry/sweep.go",
		says: "ExpireOverdue does not return the first of several handoffs that it ended",
		old: `		return true
	})
	return all
`,
		new: `		return true
	})
	if len(all) > 1 {
		all = all[1:]
	}
	return all
`,
	}, {
		name: "late-consume-loses-the-handoff", breaks: "G1", must: byProptest, file: "registry/registry.go",
		says: "Consume past the deadline revokes the token, and its handoff has no outcome",
		old: `		if rec.Pending() {
			r.leaveLocked(s, id, rec, fsm.Expire)
		} else {
			r.removeLocked(id, rec)
		}
`,
		new: `		if rec.Pending() {
			r.stats.Pending--
		}
		r.removeLocked(id, rec)
`,
	}}
}
