package main

// concurrencyMutants need several goroutines to show, or a callback that calls
// back.
func concurrencyMutants() []mutant {
	return []mutant{{
		name: "callback-under-the-lock", breaks: "G7", must: byProptest, file: "registry/step.go",
		says:  "OnExit and Trace are called before the lock is released, so that one that calls the registry waits for ever",
		hangs: true,
		old: `	r.mu.Unlock()
	r.report(s)
`,
		new: `	defer r.mu.Unlock()
	r.report(s)
`,
	}, {
		name: "callbacks-of-a-batch-under-the-lock", breaks: "G7", must: byProptest, file: "registry/step.go",
		says:  "OnExit and Trace of what a sweep or Close ends are called before the lock is released",
		hangs: true,
		old: `	r.numberAndUnlock(steps)
	r.reportAll(steps)
`,
		new: `	defer r.numberAndUnlock(steps)
	r.reportAll(steps)
`,
	}, {
		name: "random-read-under-the-lock", breaks: "G7", must: byProptest, file: "registry/issue.go",
		says:  "the random source is read while the lock is held",
		hangs: true,
		old: `		t, err := r.draw()
`,
		new: `		r.mu.Lock()
		t, err := r.draw()
		r.mu.Unlock()
`,
	}, {
		name: "torn-stats", breaks: "G6", must: byRace, file: "registry/registry.go",
		says: "Stats is read in two lock sections, so that its sums can be off",
		old: `	defer r.mu.Unlock()
	return r.stats
`,
		new: `	s := r.stats
	r.mu.Unlock()
	r.mu.Lock()
	s.Pending, s.Tokens = r.stats.Pending, r.stats.Tokens
	r.mu.Unlock()
	return s
`,
	}, {
		name: "stats-without-the-lock", breaks: "G6", must: byRace, file: "registry/registry.go",
		says: "Stats is read without the lock",
		old: `	r.mu.Lock()
	defer r.mu.Unlock()
	return r.stats
`,
		new: `	return r.stats
`,
	}, {
		name: "published-after-unlock", breaks: "G7", must: byRace, file: "registry/step.go",
		says: "the earliest end is worked out when the lock is already released",
		old: `	r.publishLocked()
	r.mu.Unlock()
	r.report(s)
`,
		new: `	r.mu.Unlock()
	r.publishLocked()
	r.report(s)
`,
	}, {
		name: "batch-published-after-unlock", breaks: "G7", must: byRace, file: "registry/step.go",
		says: "the earliest end that a sweep or Close leaves is worked out when the lock is already released",
		old: `	r.publishLocked()
	r.mu.Unlock()
}
`,
		new: `	r.mu.Unlock()
	r.publishLocked()
}
`,
	}, {
		name: "ack-looks-then-leaps", breaks: "G1", must: byRace, file: "registry/registry.go",
		says: "Acknowledge lets others in between looking at a handoff and ending it",
		old: `	default:
		r.leaveLocked(s, id, rec, fsm.Acknowledge)
`,
		new: `	default:
		r.mu.Unlock()
		time.Sleep(time.Microsecond)
		r.mu.Lock()
		if id, rec = r.findLocked(&s.token); rec == nil {
			s.state = fsm.Acknowledged
			return
		}
		r.leaveLocked(s, id, rec, fsm.Acknowledge)
`,
	}, {
		name: "consume-looks-then-leaps", breaks: "G2", must: byRace, file: "registry/registry.go",
		says: "two who present a token at once both succeed",
		old: `	case rec.Pending():
		rec.Consumed = true
`,
		new: `	case rec.Pending():
		r.mu.Unlock()
		time.Sleep(time.Microsecond)
		r.mu.Lock()
		if _, rec = r.findLocked(&s.token); rec != nil {
			rec.Consumed = true
		}
`,
	}, {
		name: "room-not-checked-again", breaks: "G5", must: byRace, file: "registry/issue.go",
		says: "capacity and Close are looked at before the random source is read, and not again after",
		old: `		if !r.hasRoomLocked() {
`,
		new: `		if err != nil && !r.hasRoomLocked() {
`,
	}, {
		name: "close-lets-others-finish", breaks: "G2", must: byRace, file: "registry/close.go",
		says: "Close empties the registry before it closes it, so that others begin meanwhile",
		old: `	r.closed = true
	close(r.closing)
	defer r.abandonRest()
`,
		new: `	defer func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		if !r.closed {
			r.closed = true
			close(r.closing)
			r.publishLocked()
		}
	}()
`,
	}}
}
