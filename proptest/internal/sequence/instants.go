package sequence

import (
	"time"

	"github.com/handoff-go/handoff/model"
	"github.com/handoff-go/handoff/proptest/internal/program"
	"github.com/handoff-go/handoff/registry"
)

// instant returns the time of an operation on t, and sets the clock to it. The clock stays if
// the time is far away, or if N is odd: then the operation only looks ahead.
func (s *Sequence) instant(c program.Choice, t registry.Token) time.Time {
	now := s.resolve(c, t)
	far := c.Kind == "zero-time" || c.Kind == "year-9999" || now.Sub(s.base).Abs() > time.Hour
	if !far && c.N%2 == 0 {
		s.clock = now
	}
	return now
}

func (s *Sequence) resolve(c program.Choice, t registry.Token) time.Time {
	ack := min(s.model.Options.AckDeadline, time.Hour)
	switch c.Kind {
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
		return s.endOf(s.choose(program.Choice{Kind: "live", N: c.N})).Add(-1)
	case "some":
		return s.endOf(s.choose(program.Choice{Kind: "live", N: c.N}))
	}
	if s.setup.Far {
		return s.resolveFar(c.Kind)
	}
	return s.clock
}

func (s *Sequence) resolveFar(kind string) time.Time {
	switch kind {
	case "zero-time":
		return time.Time{}
	case "year-9999":
		return time.Date(9999, 12, 31, 23, 59, 59, 999999999, time.UTC)
	case "lowest":
		return s.base.Add(-program.Never)
	case "below-lowest":
		return s.base.Add(-program.Never - 1)
	case "highest":
		return s.base.Add(program.Never)
	case "near-highest":
		return s.base.Add(program.Never - 1)
	}
	return s.clock
}

// endOf returns when the record of t ends. Without a record, or if it never ends, it returns
// when the first record does.
func (s *Sequence) endOf(t registry.Token) time.Time {
	if r, live := s.record(t); live && r.End < model.Never {
		return s.Time(r.End)
	}
	return s.firstEnd()
}

// firstEnd returns the earliest end of a record; without one, the clock's time.
func (s *Sequence) firstEnd() time.Time {
	if first, ok := s.model.NextDeadline(); ok {
		return s.Time(first)
	}
	return s.clock
}

// lastEnd returns the latest end that is not never, and true; without one, the clock's time.
func (s *Sequence) lastEnd() (time.Time, bool) {
	last := -model.Never
	for _, r := range s.model.Records {
		if r.End < model.Never {
			last = max(last, r.End)
		}
	}
	if last == -model.Never {
		return s.clock, false
	}
	return s.Time(last), true
}
