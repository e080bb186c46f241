package sequence

import "github.com/handoff-go/handoff/model"

// Counter is told of each operation of a sequence, with the kind of its answer: one that
// proptest.Cases lists.
type Counter func(op, answer string)

func (s *Sequence) countAnswer(op, answer string) {
	if s.count != nil {
		s.count(op, answer)
	}
}

// answerKind names the answer of the last call. An answer that has several causes, or that
// leaves different things behind, has several names.
func (s *Sequence) answerKind(want model.Answer) string {
	r := s.before.Records[s.call.token.Bytes()]
	_, live := s.record(s.call.token)
	removed := len(s.before.Records) - len(s.model.Records)
	verdict := string(want.Verdict)
	if s.before.Closed {
		return s.closedKind(verdict)
	}
	switch s.call.op {
	case "Issue", "Begin":
		return s.issuedKind(want)
	case "Register":
		if end := s.at(s.call.now).Add(s.model.Options.AckDeadline); verdict == "ok" && end > r.End {
			return "ok and clipped"
		}
	case "Consume":
		return consumedKind(verdict, r)
	case "Acknowledge":
		if want.Verdict == model.NotPending && live {
			return "ErrNotPending as only issued"
		}
	case "Abandon":
		if verdict == "none" && removed > 0 {
			return "revoked"
		}
	case "Expire":
		switch {
		case verdict == "none" && r.Pending:
			return "not yet"
		case verdict == "none":
			return "not pending"
		}
	case "ExpireOverdue", "Close":
		return sweptKind(s.call.op, len(want.Exits), removed)
	}
	return verdict
}

func (s *Sequence) closedKind(verdict string) string {
	switch s.call.op {
	case "Close":
		return "again"
	case "Abandon", "Expire", "ExpireOverdue":
		return "closed"
	}
	return verdict
}

func (s *Sequence) issuedKind(want model.Answer) string {
	switch {
	case want.Verdict != model.OK:
		return string(want.Verdict)
	case s.before.Tokens() == s.model.Options.MaxPending:
		return "ok after making room"
	case want.Draws > 1:
		return "ok after a collision"
	case s.reissued:
		return "ok and reissued"
	}
	return "ok"
}

func consumedKind(verdict string, r model.Record) string {
	switch {
	case verdict == "ok" && r.Pending:
		return "ok and pending"
	case verdict == "ok":
		return "ok and revoked"
	case verdict == "ErrTokenNotLive" && r.Consumed:
		return "ErrTokenNotLive as consumed"
	case verdict == "ErrTokenExpired" && r.Pending:
		return "ErrTokenExpired and expired"
	case verdict == "ErrTokenExpired":
		return "ErrTokenExpired and revoked"
	}
	return verdict
}

func sweptKind(op string, exits, removed int) string {
	switch {
	case op == "Close" && exits > 0:
		return "abandoned"
	case op == "Close":
		return "none"
	case exits > 0 && removed > exits:
		return "expired and dropped"
	case exits > 0:
		return "expired"
	case removed > 0:
		return "dropped"
	}
	return "none"
}
