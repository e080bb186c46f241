package main

// tokenMutants break that a token dies with its handoff and that only live ones
// count. (G2, G4)
func tokenMutants() []mutant {
	return []mutant{{
		name: "late-ack-leaves-the-token-live", breaks: "G2", must: byProptest, file: "registry/registry.go",
		says: "a handoff that expires by a late ACK leaves an issued token behind",
		old: `		r.leaveLocked(s, id, rec, fsm.Expire)
	default:
		r.leaveLocked(s, id, rec, fsm.Acknowledge)
`,
		new: `		r.leaveLocked(s, id, rec, fsm.Expire)
		r.records.Add(&s.token.x, s.end)
		r.stats.Tokens++
		r.stats.Issued++
	default:
		r.leaveLocked(s, id, rec, fsm.Acknowledge)
`,
	}, {
		name: "expire-leaves-the-token-live", breaks: "G2", must: byProptest, file: "registry/sweep.go",
		says: "Expire ends the handoff and keeps its token as issued, counters and all",
		old: `		r.leaveLocked(&s, id, rec, fsm.Expire)
	}
`,
		new: `		r.leaveLocked(&s, id, rec, fsm.Expire)
		r.records.Add(&s.token.x, s.now.After(r.tokenTTL))
		r.stats.Tokens++
		r.stats.Revoked--
	}
`,
	}, {
		name: "ack-does-not-revoke", breaks: "G2", must: byProptest, file: "registry/registry.go",
		says: "an ACK is counted and told, and its record stays, so that a second one succeeds",
		old: `	default:
		r.leaveLocked(s, id, rec, fsm.Acknowledge)
`,
		new: `	default:
		r.describeLocked(s, rec)
		s.state = fsm.Acknowledged
		r.stats.Acknowledged++
		r.stats.Pending--
		r.stats.Revoked++
		r.stats.Tokens--
`,
	}, {
		name: "reregister-revives-a-consumed-token", breaks: "G2", must: byProptest, file: "registry/registry.go",
		says: "a refused second Register lets a consumed token be consumed again",
		old: `		s.err = ErrAlreadyPending
`,
		new: `		s.err = ErrAlreadyPending
		rec.Consumed = false
`,
	}, {
		name: "abandon-keeps-an-issued-token", breaks: "G2", must: byProptest, file: "registry/registry.go",
		says: "Abandon of a token with nothing pending does not revoke it",
		old: `		r.leaveLocked(&s, id, rec, fsm.Abandon)
	default:
		r.removeLocked(id, rec)
`,
		new: `		r.leaveLocked(&s, id, rec, fsm.Abandon)
	default:
`,
	}, {
		name: "late-register-keeps-the-token", breaks: "G2", must: byProptest, file: "registry/registry.go",
		says: "Register past the token's end refuses and does not revoke the token",
		old: `		s.err = ErrTokenExpired
		r.removeLocked(id, rec)
`,
		new: `		s.err = ErrTokenExpired
		_ = id
`,
	}, {
		name: "register-revives-an-expired-token", breaks: "G4", must: byProptest, file: "registry/registry.go",
		says: "Register of a token past its end makes a handoff pending",
		old: `	case rec.End.Reached(s.now):
		s.err = ErrTokenExpired
`,
		new: `	case rec.End.Reached(s.now) && r.closed:
		s.err = ErrTokenExpired
`,
	}, {
		name: "ack-of-an-issued-token-succeeds", breaks: "G4", must: byProptest, file: "registry/registry.go",
		says: "an ACK for a token with nothing pending succeeds and revokes it",
		old: `	case rec == nil || !rec.Pending():
		s.err = ErrNotPending
`,
		new: `	case rec == nil:
		s.err = ErrNotPending
	case !rec.Pending():
		r.removeLocked(id, rec)
`,
	}, {
		name: "deadline-ignores-the-token-end", breaks: "G4", must: byProptest, file: "registry/registry.go",
		says: "Register sets the deadline to now + AckDeadline even past the token's end",
		old:  `min(s.now.After(r.ackDeadline), rec.End)`,
		new:  `s.now.After(r.ackDeadline)`,
	}, {
		name: "expire-drops-an-issued-token", breaks: "G4", must: byProptest, file: "registry/sweep.go",
		says: "Expire revokes a token past its end that no handoff is pending on",
		old: `	case rec != nil && rec.Pending() && rec.End.Reached(s.now):
		r.leaveLocked(`,
		new: `	case rec != nil && !rec.Pending() && rec.End.Reached(s.now):
		r.removeLocked(id, rec)
	case rec != nil && rec.Pending() && rec.End.Reached(s.now):
		r.leaveLocked(`,
	}, {
		name: "zero-token-issued", breaks: "G4", must: byProptest, file: "registry/issue.go",
		says: "the zero token is issued when the random source gives it",
		old:  `live == nil && !t.IsZero() {`,
		new:  `live == nil {`,
	}, {
		name: "live-token-issued-again", breaks: "G4", must: byProptest, file: "registry/issue.go",
		says: "a token that is live is issued a second time when the random source repeats it",
		old:  `live == nil && !t.IsZero() {`,
		new:  `(live == nil || !live.Pending()) && !t.IsZero() {`,
	}, {
		name: "short-random-read-accepted", breaks: "G4", must: byProptest, file: "registry/issue.go",
		says: "a random source that gives fewer than 16 bytes at a time makes weak tokens",
		old:  `io.ReadFull(r.rand, b)`,
		new:  `io.ReadAtLeast(r.rand, b, 1)`,
	}, {
		name: "deadline-above-token-life-accepted", breaks: "G4", must: byProptest, file: "registry/options.go",
		says: "New accepts an ACK deadline above the life of a token",
		old:  `if err == nil && o.AckDeadline > o.TokenTTL {`,
		new:  `if err == nil && o.AckDeadline/2 > o.TokenTTL {`,
	}}
}
