package main

// deadlineFaults break the one definition of a deadline. (G3)
func deadlineFaults() []fault {
	return []fault{{
		name: "over-only-past-the-end", breaks: "G3", must: byProptest, file: "registry/instant.go",
		says: "an end is reached at now > end instead of now >= end, everywhere",
		old:  `end < never && now >= end }`,
		new:  `end < never && now > end }`,
	}, {
		name: "over-a-nanosecond-early", breaks: "G3", must: byProptest, file: "registry/instant.go",
		says: "an end is reached one nanosecond before it, everywhere",
		old:  `end < never && now >= end }`,
		new:  `end < never && now >= end-1 }`,
	}, {
		name: "ack-at-the-deadline-succeeds", breaks: "G3", must: byProptest, file: "registry/registry.go",
		says: "an ACK at the very instant of the deadline succeeds",
		old: `	case rec.end.reached(s.now):
		r.leaveLocked(s, n, rec, fsm.Expire)
`,
		new: `	case rec.end.reached(s.now - 1):
		r.leaveLocked(s, n, rec, fsm.Expire)
`,
	}, {
		name: "register-at-the-end-succeeds", breaks: "G3", must: byProptest, file: "registry/registry.go",
		says: "a token can be registered at the very instant of its end",
		old: `	case rec.end.reached(s.now):
		s.err = ErrTokenExpired
`,
		new: `	case rec.end.reached(s.now - 1):
		s.err = ErrTokenExpired
`,
	}, {
		name: "expire-a-nanosecond-early", breaks: "G3", must: byProptest, file: "registry/sweep.go",
		says: "Expire ends a handoff one nanosecond before its deadline",
		old:  `rec.pending() && rec.end.reached(s.now):`,
		new:  `rec.pending() && rec.end.reached(s.now+1):`,
	}, {
		name: "sweep-a-nanosecond-early", breaks: "G3", must: byProptest, file: "registry/sweep.go",
		says: "a sweep that has work also ends what is over one nanosecond later",
		old:  `n != 0 && r.records.at(n).end.reached(now):`,
		new:  `n != 0 && r.records.at(n).end.reached(now+1):`,
	}}
}

// timeFaults break that time saturates and no wait is negative. (G8)
func timeFaults() []fault {
	return []fault{{
		name: "negative-wait", breaks: "G8", must: byProptest, file: "registry/instant.go",
		says: "a clock that steps back makes a negative wait",
		old:  `time.Duration(max(0, i-u)) }`,
		new:  `time.Duration(i - u) }`,
	}, {
		name: "huge-deadline-is-over-at-once", breaks: "G8", must: byProptest, file: "registry/instant.go",
		says: "the end of a huge deadline overflows and lies in the past, as in the reference",
		old:  `if i > 0 && instant(d) > never-i {`,
		new:  `if i > never {`,
	}, {
		name: "never-is-reached", breaks: "G8", must: byProptest, file: "registry/instant.go",
		says: "an end that counts as never comes when the time handed in is far enough",
		old:  `return end < never && now >= end }`,
		new:  `return now >= end }`,
	}, {
		name: "time-not-clamped", breaks: "G8", must: byProptest, file: "registry/instant.go",
		says: "times far from now are taken as they are, so that differences overflow",
		old:  `return clamp(int64(t.Sub(r.base)))`,
		new:  `return instant(t.Sub(r.base))`,
	}}
}
