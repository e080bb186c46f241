package model

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"slices"
)

// Len returns how many handoffs are pending.
func (s State) Len() int {
	n := 0
	for _, r := range s.Records {
		if r.Pending {
			n++
		}
	}
	return n
}

// Tokens returns how many tokens are live, pending or not.
func (s State) Tokens() int { return len(s.Records) }

// Backend returns the backend of a pending handoff, and whether there is one.
func (s State) Backend(t Token) (Backend, bool) {
	r := s.Records[t]
	return r.Backend, r.Pending
}

// NextDeadline returns when ExpireOverdue next has work, and false if it never has
// without a further operation. An end of Never does not count. (G7, G8)
func (s State) NextDeadline() (Instant, bool) {
	next := Never
	for _, r := range s.Records {
		next = min(next, r.End)
	}
	if s.Closed || next == Never {
		return 0, false
	}
	return next, true
}

// Check returns an error that names a guarantee which s breaks, or nil. Its result is
// nil for every state that can be reached.
func (s State) Check() error {
	st := s.Stats
	if n := uint64(s.Len()); st.Registered != n+st.Acknowledged+st.Expired+st.Abandoned {
		return fmt.Errorf("G6: registered %d, but %d pending and %+v", st.Registered, n, st)
	}
	if n := uint64(s.Tokens()); st.Issued != n+st.Revoked {
		return fmt.Errorf("G6: issued %d, but %d live and %d revoked", st.Issued, n, st.Revoked)
	}
	if s.Tokens() > s.Options.MaxPending {
		return fmt.Errorf("G5: %d live tokens, at most %d are allowed", s.Tokens(), s.Options.MaxPending)
	}
	if s.Closed && s.Tokens() > 0 {
		return fmt.Errorf("G2: closed with %d live tokens", s.Tokens())
	}
	for t, r := range s.Records {
		switch {
		case t == Token{}:
			return fmt.Errorf("G4: the zero token is live")
		case r.Consumed && !r.Pending:
			return fmt.Errorf("G2: token %x is consumed, and live with nothing pending", t)
		case r.End > r.TokenEnd:
			return fmt.Errorf("G4: token %x ends at %d, and its handoff at %d", t, r.TokenEnd, r.End)
		case r.Pending && r.End > r.Since.Add(s.Options.AckDeadline):
			return fmt.Errorf("G3: token %x ends at %d, later than its deadline", t, r.End)
		}
	}
	return nil
}

// ByEnd returns the live tokens in the order of their ends, equal ends in the order of
// their bytes.
func (s State) ByEnd() []Token {
	return slices.SortedFunc(maps.Keys(s.Records), func(a, b Token) int {
		return cmp.Or(cmp.Compare(s.Records[a].End, s.Records[b].End), bytes.Compare(a[:], b[:]))
	})
}
