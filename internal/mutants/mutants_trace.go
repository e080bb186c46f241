package main

// traceMutants break that a trace tells every step, in the order of effect.
func traceMutants() []mutant {
	return []mutant{{
		name: "trace-skips-a-number", breaks: "trace", must: byProptest, file: "registry/step.go",
		says: "a refused step takes two numbers",
		old: `		r.seq++
		s.seq = r.seq
`,
		new: `		if r.seq++; s.err != nil {
			r.seq++
		}
		s.seq = r.seq
`,
	}, {
		name: "trace-names-a-drop-expire", breaks: "trace", must: byProptest, file: "registry/sweep.go",
		says: "a token dropped by a sweep is traced as an expired handoff",
		old: `	s.op, s.token = OpDrop, Token{rec.Key}
`,
		new: `	s.token = Token{rec.Key}
`,
	}, {
		name: "trace-forgets-what-made-room", breaks: "trace", must: byProptest, file: "registry/issue.go",
		says: "tokens that a full registry drops are not traced",
		old: `		r.unlockAll(batch)
		r.mu.Lock()
`,
		new: `		r.unlockAll(nil)
		r.mu.Lock()
`,
	}, {
		name: "trace-refers-to-half-a-token", breaks: "trace", must: byProptest, file: "registry/ref.go",
		says: "tokens that agree in their first half have the same reference",
		old:  `h.Write(b[:])`,
		new:  `h.Write(b[:8])`,
	}, {
		name: "idle-sweep-not-traced", breaks: "trace", must: byProptest, file: "registry/sweep.go",
		says: "a sweep with nothing to do is not traced",
		old:  `r.trace != nil || store.Instant(`,
		new:  `store.Instant(`,
	}}
}
