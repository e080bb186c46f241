package proptest

import (
	"time"

	"github.com/handoff-go/handoff/model"
	"github.com/handoff-go/handoff/registry"
)

// when resolves an instant, for an operation on t, and sets the clock. The
// clock stays where an instant is far away, or a look ahead: with an odd n.
func (s *sequence) when(p pick, t registry.Token) time.Time {
	now := s.instant(p, t)
	far := p.of == "zero-time" || p.of == "year-9999" || now.Sub(s.base).Abs() > time.Hour
	if !far && p.n%2 == 0 {
		s.clock = now
	}
	return now
}

func (s *sequence) instant(p pick, t registry.Token) time.Time {
	ack := min(s.model.Options.AckDeadline, time.Hour)
	switch p.of {
	case "tick":
		return s.clock.Add(1)
	case "half":
		return s.clock.Add(1 + ack/2)
	case "back":
		return s.clock.Add(-1)
	case "long-back":
		return s.clock.Add(-ack)
	case "end-1":
		return s.endOf(t).Add(-1)
	case "end":
		return s.endOf(t)
	case "end+1":
		return s.endOf(t).Add(1)
	case "first-1":
		return s.firstEnd().Add(-1)
	case "first":
		return s.firstEnd()
	case "first+1":
		return s.firstEnd().Add(1)
	case "last":
		last, _ := s.lastEnd()
		return last
	case "last+1":
		last, _ := s.lastEnd()
		return last.Add(1)
	case "some-1":
		return s.endOf(s.pick(pick{"live", p.n})).Add(-1)
	case "some":
		return s.endOf(s.pick(pick{"live", p.n}))
	}
	if s.setup.far {
		return s.farInstant(p.of)
	}
	return s.clock
}

func (s *sequence) farInstant(of string) time.Time {
	switch of {
	case "zero-time":
		return time.Time{}
	case "year-9999":
		return time.Date(9999, 12, 31, 23, 59, 59, 999999999, time.UTC)
	case "lowest":
		return s.base.Add(-never)
	case "below-lowest":
		return s.base.Add(-never - 1)
	case "highest":
		return s.base.Add(never)
	case "near-highest":
		return s.base.Add(never - 1)
	}
	return s.clock
}

// endOf returns when the record of t ends; without one, or if it never does,
// when the first record ends.
func (s *sequence) endOf(t registry.Token) time.Time {
	if r, live := s.record(t); live && r.End < model.Never {
		return s.moment(r.End)
	}
	return s.firstEnd()
}

// firstEnd returns the first end that will come; without one, the clock's time.
func (s *sequence) firstEnd() time.Time {
	if first, ok := s.model.NextDeadline(); ok {
		return s.moment(first)
	}
	return s.clock
}

// lastEnd returns the last end that will come and true; without one, the
// clock's time.
func (s *sequence) lastEnd() (time.Time, bool) {
	last := -model.Never
	for _, r := range s.model.Records {
		if r.End < model.Never {
			last = max(last, r.End)
		}
	}
	if last == -model.Never {
		return s.clock, false
	}
	return s.moment(last), true
}
