package model

// Issue makes a live token with nothing pending on it. draws is what the random
// source would return, in order; when they run out, the source fails.
func (s State) Issue(now Instant, draws ...Token) (State, Answer) {
	end := now.Add(s.Options.TokenTTL)
	return s.begin(now, draws, Record{End: end, TokenEnd: end})
}

// Begin makes a live token and its pending handoff in one step. The deadline is the
// sooner of now + AckDeadline and the token's end. (G4)
func (s State) Begin(b Backend, now Instant, draws ...Token) (State, Answer) {
	tokenEnd := now.Add(s.Options.TokenTTL)
	end := min(now.Add(s.Options.AckDeadline), tokenEnd)
	return s.begin(now, draws, Record{End: end, TokenEnd: tokenEnd, Pending: true, Backend: b, Since: now})
}

func (s State) begin(now Instant, draws []Token, r Record) (State, Answer) {
	if s.Closed {
		return s, Answer{Verdict: ErrClosed}
	}
	if s.full() {
		s = s.dropOver(now)
	}
	if s.full() {
		return s, Answer{Verdict: Full} // G5
	}
	for i := range s.Options.CollisionAttempts {
		if i == len(draws) {
			return s, Answer{Verdict: RandomFailed, Draws: i + 1}
		}
		t := draws[i]
		if _, live := s.Records[t]; live || t == (Token{}) {
			continue
		}
		s = s.with(t, r)
		s.Stats.Issued++
		if r.Pending {
			s.Stats.Registered++
		}
		return s, Answer{Verdict: OK, Token: t, Draws: i + 1}
	}
	return s, Answer{Verdict: Collision, Draws: s.Options.CollisionAttempts}
}

// Register makes a live token's handoff pending. A pending one keeps its entry
// and its deadline. (G1) The deadline is never after the token's end. (G4)
func (s State) Register(t Token, b Backend, now Instant) (State, Answer) {
	r, live := s.Records[t]
	switch {
	case s.Closed:
		return s, Answer{Verdict: ErrClosed}
	case !live:
		return s, Answer{Verdict: TokenNotLive} // G2, G4
	case r.Pending:
		return s, Answer{Verdict: AlreadyPending} // G1
	case Over(now, r.End):
		return s.without(t), Answer{Verdict: TokenExpired} // G3, G4
	}
	r.End = min(now.Add(s.Options.AckDeadline), r.TokenEnd)
	r.Pending, r.Backend, r.Since = true, b, now
	s = s.with(t, r)
	s.Stats.Registered++
	return s, Answer{Verdict: OK}
}

// Consume is the backend's side: the token presented must be the one expected, and is
// accepted once. It does not end a pending handoff: only the ACK does. A token with
// nothing pending on it is revoked.
func (s State) Consume(expected, presented Token, now Instant) (State, Answer) {
	r, live := s.Records[expected]
	switch {
	case s.Closed:
		return s, Answer{Verdict: ErrClosed}
	case !live || r.Consumed:
		return s, Answer{Verdict: TokenNotLive} // G2
	case Over(now, r.End) && r.Pending:
		s, exit := s.leave(expected, Expired, now) // G1, G3
		return s, Answer{Verdict: TokenExpired, Exits: []Exit{exit}}
	case Over(now, r.End):
		return s.without(expected), Answer{Verdict: TokenExpired} // G3, G4
	case presented != expected:
		return s, Answer{Verdict: TokenMismatch}
	case r.Pending:
		r.Consumed = true
		return s.with(expected, r), Answer{Verdict: OK}
	default:
		return s.without(expected), Answer{Verdict: OK}
	}
}

// Acknowledge ends a pending handoff: as acknowledged before its deadline, as
// expired at or past it. (G3)
func (s State) Acknowledge(t Token, now Instant) (State, Answer) {
	r, live := s.Records[t]
	switch {
	case s.Closed:
		return s, Answer{Verdict: ErrClosed}
	case !live || !r.Pending:
		return s, Answer{Verdict: NotPending} // G1, G4
	case Over(now, r.End):
		s, exit := s.leave(t, Expired, now)
		return s, Answer{Verdict: DeadlineReached, Late: now.Since(r.End), Exits: []Exit{exit}}
	default:
		s, exit := s.leave(t, Acknowledged, now)
		return s, Answer{Verdict: OK, Exits: []Exit{exit}}
	}
}

// Abandon gives up a handoff. The token is revoked whether or not one was pending. (G2)
func (s State) Abandon(t Token) (State, Answer) {
	r, live := s.Records[t]
	switch {
	case s.Closed || !live:
		return s, Answer{Verdict: None}
	case !r.Pending:
		return s.without(t), Answer{Verdict: None}
	default:
		s, exit := s.leave(t, Abandoned, 0)
		return s, Answer{Verdict: OK, Exits: []Exit{exit}}
	}
}

// Expire ends one pending handoff whose deadline is reached, and nothing else. (G3)
func (s State) Expire(t Token, now Instant) (State, Answer) {
	r, live := s.Records[t]
	if s.Closed || !live || !r.Pending || !Over(now, r.End) {
		return s, Answer{Verdict: None}
	}
	s, exit := s.leave(t, Expired, now)
	return s, Answer{Verdict: OK, Exits: []Exit{exit}}
}

// Drop ends one issued token that is past its end with nothing pending on it.
func (s State) Drop(t Token, now Instant) (State, Answer) {
	r, live := s.Records[t]
	if s.Closed || !live || r.Pending || !Over(now, r.End) {
		return s, Answer{Verdict: None}
	}
	return s.without(t), Answer{Verdict: OK}
}

// ExpireOverdue ends every record whose end is reached, the earliest end first: it is
// Expire or Drop of one record after the other. (G7)
func (s State) ExpireOverdue(now Instant) (State, Answer) {
	var exits []Exit
	for _, t := range s.ByEnd() {
		var a Answer
		s, a = s.Expire(t, now)
		exits = append(exits, a.Exits...)
		s, _ = s.Drop(t, now)
	}
	return s, Answer{Verdict: OK, Exits: exits}
}

// Close abandons every pending handoff and revokes every token: it is Shut, and then
// CloseOne of one record after the other, the earliest end first.
func (s State) Close() (State, Answer) {
	s, answer := s.Shut()
	for _, t := range s.ByEnd() {
		var a Answer
		s, a = s.CloseOne(t)
		answer.Exits = append(answer.Exits, a.Exits...)
	}
	return s, answer
}

// Shut is the first step of Close: from then on every operation is refused.
func (s State) Shut() (State, Answer) {
	if s.Closed {
		return s, Answer{Verdict: None}
	}
	s.Closed = true
	return s, Answer{Verdict: OK}
}

// CloseOne is any other step of Close: it ends one record. (G1, G2)
func (s State) CloseOne(t Token) (State, Answer) {
	r, live := s.Records[t]
	switch {
	case !s.Closed || !live:
		return s, Answer{Verdict: None}
	case !r.Pending:
		return s.without(t), Answer{Verdict: OK}
	default:
		s, exit := s.leave(t, Abandoned, 0)
		return s, Answer{Verdict: OK, Exits: []Exit{exit}}
	}
}

// dropOver makes room for a new token: it drops issued tokens past their end. It never
// ends a pending handoff, since the call that wants room does not return its exit. (G1)
func (s State) dropOver(now Instant) State {
	for _, t := range s.ByEnd() {
		s, _ = s.Drop(t, now)
	}
	return s
}

func (s State) full() bool { return len(s.Records) >= s.Options.MaxPending }
