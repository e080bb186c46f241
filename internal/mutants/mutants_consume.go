package main

// consumeMutants break that a token is presented once, by who holds it. (G2, G3, G4)
func consumeMutants() []mutant {
	return []mutant{{
		name: "consume-twice", breaks: "G2", must: byProptest, file: "registry/registry.go",
		says: "a consumed token whose handoff is pending can be consumed again",
		old:  `	case rec == nil || rec.Consumed:`,
		new:  `	case rec == nil:`,
	}, {
		name: "consume-keeps-an-issued-token", breaks: "G2", must: byProptest, file: "registry/registry.go",
		says: "Consume of a token with nothing pending does not revoke it",
		old: `		rec.Consumed = true
	default:
		r.removeLocked(id, rec)
`,
		new: `		rec.Consumed = true
	default:
		_ = id
`,
	}, {
		name: "mismatch-consumes", breaks: "G2", must: byProptest, file: "registry/registry.go",
		says: "presenting another token uses up the expected one",
		old: `		s.err = ErrTokenMismatch
`,
		new: `		s.err = ErrTokenMismatch
		rec.Consumed = rec.Pending()
`,
	}, {
		name: "consume-checks-mismatch-first", breaks: "G3", must: byProptest, file: "registry/registry.go",
		says: "Consume answers a mismatch before it looks whether the token's end has come",
		old: `	case rec.End.Reached(s.now):
		if rec.Pending() {
`,
		new: `	case !s.presented.Equal(s.token):
		s.err = ErrTokenMismatch
	case rec.End.Reached(s.now):
		if rec.Pending() {
`,
	}, {
		name: "consume-at-the-end-succeeds", breaks: "G3", must: byProptest, file: "registry/registry.go",
		says: "a token can be consumed at the very instant of its end",
		old: `	case rec.End.Reached(s.now):
		if rec.Pending() {
`,
		new: `	case rec.End.Reached(s.now - 1):
		if rec.Pending() {
`,
	}, {
		name: "consumed-cannot-be-acknowledged", breaks: "G3", must: byProptest, file: "registry/registry.go",
		says: "an ACK in time is refused once the token was consumed",
		old:  `	case rec == nil || !rec.Pending():`,
		new:  `	case rec == nil || rec.Consumed || !rec.Pending():`,
	}, {
		name: "presented-zero-accepted", breaks: "G4", must: byProptest, file: "registry/registry.go",
		says: "the zero token passes for whatever token is expected",
		old:  `	case !s.presented.Equal(s.token):`,
		new:  `	case !s.presented.IsZero() && !s.presented.Equal(s.token):`,
	}, {
		name: "masked-compared-with-unmasked", breaks: "G4", must: byProptest, file: "registry/token.go",
		says: "Equal compares one token's masked bytes with the other's plain ones, so nothing equals itself",
		old:  `return subtle.ConstantTimeCompare(t.x[:], u.x[:]) == 1`,
		new:  `plain := u.Bytes(); return subtle.ConstantTimeCompare(t.x[:], plain[:]) == 1`,
	}, {
		name: "last-byte-not-compared", breaks: "G4", must: byProptest, file: "registry/token.go",
		says: "tokens that differ in their last byte only count as equal",
		old:  `return subtle.ConstantTimeCompare(t.x[:], u.x[:]) == 1`,
		new:  `return subtle.ConstantTimeCompare(t.x[:15], u.x[:15]) == 1`,
	}}
}
