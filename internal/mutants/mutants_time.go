package main

// deadlineMutants break the one definition of a deadline. (G3)
func deadlineMutants() []mutant {
	return []mutant{{
		name: "over-only-past-the-end", breaks: "G3", must: byProptest, file: "registry/internal/store/instant.go",
		says: "an end is reached at now > end instead of now >= end, everywhere",
		old:  `end < Never && now >= end }`,
		new:  `end < Never && now > end }`,
	}, {
		name: "over-a-nanosecond-early", breaks: "G3", must: byProptest, file: "registry/internal/store/instant.go",
		says: "an end is reached one nanosecond before it, everywhere",
		old:  `end < Never && now >= end }`,
		new:  `end < Never && now >= end-1 }`,
	}, {
		name: "ack-at-the-deadline-succeeds", breaks: "G3", must: byProptest, file: "registry/registry.go",
		says: "an ACK at the very instant of the deadline succeeds",
		old: `	case rec.End.Reached(s.now):
		r.leaveLocked(s, id, rec, fsm.Expire)
`,
		new: `	case rec.End.Reached(s.now - 1):
		r.leaveLocked(s, id, rec, fsm.Expire)
`,
	}, {
		name: "register-at-the-end-succeeds", breaks: "G3", must: byProptest, file: "registry/registry.go",
		says: "a token can be registered at the very instant of its end",
		old: `	case rec.End.Reached(s.now):
		s.err = ErrTokenExpired
`,
		new: `	case rec.End.Reached(s.now - 1):
		s.err = ErrTokenExpired
`,
	}, {
		name: "expire-a-nanosecond-early", breaks: "G3", must: byProptest, file: "registry/sweep.go",
		says: "Expire ends a handoff one nanosecond before its deadline",
		old:  `rec.Pending() && rec.End.Reached(s.now):`,
		new:  `rec.Pending() && rec.End.Reached(s.now+1):`,
	}, {
		name: "sweep-a-nanosecond-early", breaks: "G3", must: byProptest, file: "registry/sweep.go",
		says: "a sweep that has work also ends what is over one nanosecond later",
		old:  `rec != nil && rec.End.Reached(now):`,
		new:  `rec != nil && rec.End.Reached(now+1):`,
	}}
}

// timeMutants break that time saturates and no wait is negative. (G8)
func timeMutants() []mutant {
	return []mutant{{
		name: "negative-wait", breaks: "G8", must: byProptest, file: "registry/internal/store/instant.go",
		says: "a clock that steps back makes a negative wait",
		old:  `time.Duration(max(0, i-u)) }`,
		new:  `time.Duration(i - u) }`,
	}, {
		name: "huge-deadline-is-over-at-once", breaks: "G8", must: byProptest, file: "registry/internal/store/instant.go",
		says: "the end of a huge deadline overflows and lies in the past",
		old:  `if i > 0 && Instant(d) > Never-i {`,
		new:  `if i > Never {`,
	}, {
		name: "never-is-reached", breaks: "G8", must: byProptest, file: "registry/internal/store/instant.go",
		says: "an end that counts as never comes when the time handed in is far enough",
		old:  `return end < Never && now >= end }`,
		new:  `return now >= end }`,
	}, {
		name: "time-not-clamped", breaks: "G8", must: byProptest, file: "registry/internal/store/instant.go",
		says: "times far from now are taken as they are, so that differences overflow",
		old:  `return clamp(int64(d)) }`,
		new:  `return Instant(d) }`,
	}}
}
