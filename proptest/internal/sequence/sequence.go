// Package sequence runs operations for a single caller on a registry and on the reference model
// side by side. After each one it compares the answer, the error, the counts, the exits and the
// trace, and asks the oracle whether a guarantee was broken.
package sequence

import (
	"time"

	"pgregory.net/rapid"

	"github.com/handoff-go/handoff/model"
	"github.com/handoff-go/handoff/proptest/internal/contract"
	"github.com/handoff-go/handoff/proptest/internal/oracle"
	"github.com/handoff-go/handoff/proptest/internal/program"
	"github.com/handoff-go/handoff/registry"
)

// Sequence is one run of operations on a new registry. It fails its test at the first
// difference. A Sequence is not safe for concurrent use.
type Sequence struct {
	t      rapid.TB
	system contract.Registry
	model  model.State
	oracle *oracle.Oracle
	count  Counter

	setup program.Setup
	rand  randomSource
	base  time.Time // the instant that the model counts from
	clock time.Time // the time of an operation that asks for no special one

	known   []registry.Token       // every token that was ever issued, in order
	numbers map[registry.Token]int // the index of a token in known

	purpose  purpose
	call     call            // the one in progress
	before   model.State     // the model before it
	reissued bool            // it issued a token that had been issued before
	exits    []registry.Exit // what OnExit was told during the call
	trace    tracer
	reentry  Reentry
}

// call is an operation with its arguments.
type call struct {
	op        string
	token     registry.Token
	presented registry.Token
	backend   registry.Backend
	now       time.Time
}

// purpose says on whose behalf the calls are made that follow. Only those of a step are
// counted.
type purpose int

const (
	inStep  purpose = iota // an operation of the sequence
	inBulk                 // one of many, for Fill, Thin or CheckChurn
	inProbe                // made by a check, which must not probe in turn
)

// New makes a registry and its model. count is told the answer of each operation; nil: nobody.
// It fails t if the factory refuses the setup.
func New(t rapid.TB, f contract.Factory, setup program.Setup, count Counter, reentry Reentry) *Sequence {
	t.Helper()
	s := &Sequence{t: t, setup: setup, count: count, reentry: reentry, numbers: map[registry.Token]int{}}
	s.clock = time.Now().Round(0) // without the monotonic reading: an implementation may store times
	s.base = s.clock              // any would do, unless far instants are used
	options := registry.Options{
		AckDeadline:       setup.AckDeadline,
		TokenTTL:          setup.TokenTTL,
		MaxPending:        setup.MaxPending,
		CollisionAttempts: setup.CollisionAttempts,
		Rand:              &s.rand,
	}
	if !setup.NoExit {
		options.OnExit = s.onExit
	}
	if setup.Trace {
		options.Trace = s.onTrace
	}
	system, err := f(options)
	if err != nil {
		t.Fatalf("the factory refuses valid options %+v: %v", setup, err)
	}
	s.system = system
	s.model = model.New(contract.Options(options))
	s.oracle = oracle.New(oracle.Options{
		AckDeadline: s.model.Options.AckDeadline, TokenTTL: s.model.Options.TokenTTL,
		MaxPending: s.model.Options.MaxPending, Clamped: setup.Far,
	})
	if setup.Reentrant {
		s.rand.onRead = func() { s.reentry.query(s.system, "the random source") }
	}
	if setup.Far {
		s.learnBase()
	}
	return s
}

// learnBase finds the instant that the registry counts from. The contract clamps instants to
// 2^62-1 ns around it, so without it nobody can say what a far instant is clamped to. Begin at
// the zero time has the instant base-(2^62-1), and the ACK's answer tells how far that is from
// the clock. The answers of these two calls are not compared, but what they leave behind is.
func (s *Sequence) learnBase() {
	d, b := s.fresh(), registry.Backend{Service: "base"}
	t := d.tokens[0]
	s.rand.load(d)
	token, err := s.system.Begin(b, time.Time{})
	if err != nil || model.Token(token.Bytes()) != t {
		s.t.Fatalf("the first Begin, at the zero time: %v", err)
	}
	done, err := s.system.Acknowledge(token, s.clock)
	sinceLowest := done.Waited
	if err != nil {
		late := contract.DeadlineError(err)
		if late == nil {
			s.t.Fatalf("the first Acknowledge: %v", err)
		}
		sinceLowest = s.model.Options.AckDeadline + late.Late
	}
	s.base = s.clock.Add(program.Never - sinceLowest)

	s.model, _ = s.model.Begin(model.Backend(b), s.at(time.Time{}), t)
	s.model, _ = s.model.Acknowledge(t, s.at(s.clock))
	s.clock = s.base
	s.know(token)
	s.oracle.Assume(contract.Stats(s.model))
	s.trace.assume(token)
	s.exits = nil
}

// Model returns the state that the model is in.
func (s *Sequence) Model() model.State { return s.model }

// Time returns the time of an instant of the model.
func (s *Sequence) Time(i model.Instant) time.Time { return i.Time(s.base) }

// at returns the model's instant of a time.
func (s *Sequence) at(t time.Time) model.Instant { return model.At(s.base, t) }

// know remembers a token that the registry issued.
func (s *Sequence) know(t registry.Token) {
	if _, old := s.numbers[t]; !old {
		s.numbers[t] = len(s.known)
		s.known = append(s.known, t)
	}
}

// record returns the record of a token in the model, and whether it is live.
func (s *Sequence) record(t registry.Token) (model.Record, bool) {
	r, live := s.model.Records[model.Token(t.Bytes())]
	return r, live
}

// uncounted makes calls that are checked, but not counted.
func (s *Sequence) uncounted(p purpose, calls func()) {
	before := s.purpose
	s.purpose = p
	calls()
	s.purpose = before
}

func (s *Sequence) onExit(e registry.Exit) {
	s.exits = append(s.exits, e)
	if s.setup.Reentrant {
		s.reentry.query(s.system, "OnExit")
	}
}

func (s *Sequence) onTrace(e registry.Event) {
	s.trace.events = append(s.trace.events, e)
	if s.setup.Reentrant {
		s.reentry.query(s.system, "Trace")
	}
}
