package proptest

import (
	"time"

	"pgregory.net/rapid"

	"github.com/handoff-go/handoff/model"
	"github.com/handoff-go/handoff/registry"
)

// sequence is one run of operations: the system under test, the model beside
// it, and what the system told so far.
type sequence struct {
	t        rapid.TB
	system   Registry
	model    model.State
	lives    ghost
	coverage Coverage

	setup  setup
	source source
	base   time.Time // what the model counts from
	clock  time.Time // the time of an operation that asks for no special one

	known   []registry.Token       // every token that ever lived, in order
	numbers map[registry.Token]int // its place in known

	aside   string          // why calls do not count: they are of a "bulk", or made to "probe"
	call    call            // the one in progress
	before  model.State     // the model before it
	relived bool            // it gave a token that had lived before
	exits   []registry.Exit // what OnExit was told in it
	trace   tracer
	nested  nested
}

// call is an operation with its arguments.
type call struct {
	op        string
	token     registry.Token
	presented registry.Token
	backend   registry.Backend
	now       time.Time
}

// newSequence makes a system and the model of it.
func newSequence(t rapid.TB, f factory, o setup, coverage Coverage, nested nested) *sequence {
	t.Helper()
	s := &sequence{t: t, setup: o, coverage: coverage, nested: nested, numbers: map[registry.Token]int{}}
	s.clock = time.Now().Round(0) // see the package comment: no monotonic reading
	s.base = s.clock              // any would do, unless the sequence is far
	options := registry.Options{
		AckDeadline:       o.ack,
		TokenTTL:          o.ttl,
		MaxPending:        o.max,
		CollisionAttempts: o.attempts,
		Rand:              &s.source,
	}
	if !o.quiet {
		options.OnExit = s.seeExit
	}
	if o.trace {
		options.Trace = s.seeEvent
	}
	system, err := f(options)
	if err != nil {
		t.Fatalf("the factory refuses valid options %+v: %v", o, err)
	}
	s.system = system
	s.model = model.New(withDefaults(options))
	s.lives = newGhost(s.model.Options, o.far)
	if o.nested {
		s.source.onRead = func() { s.nested.ask(s.system, "the random source") }
	}
	if o.far {
		s.learnBase()
	}
	return s
}

func withDefaults(o registry.Options) model.Options {
	m := model.Options{AckDeadline: o.AckDeadline, TokenTTL: o.TokenTTL, MaxPending: o.MaxPending, CollisionAttempts: o.CollisionAttempts}
	if m.AckDeadline == 0 {
		m.AckDeadline = defaults().AckDeadline
	}
	if m.TokenTTL == 0 {
		m.TokenTTL = defaults().TokenTTL
	}
	if m.MaxPending == 0 {
		m.MaxPending = defaults().MaxPending
	}
	if m.CollisionAttempts == 0 {
		m.CollisionAttempts = defaults().CollisionAttempts
	}
	return m
}

// learnBase finds the instant that the system counts from, see the package
// comment. What the two calls answer is not compared: until then nobody knows
// what is right. What they leave behind is.
func (s *sequence) learnBase() {
	d, b := s.fresh(), registry.Backend{Service: "base"}
	t := d.tokens[0]
	s.source.load(d)
	token, err := s.system.Begin(b, time.Time{})
	if err != nil || model.Token(token.Bytes()) != t {
		s.t.Fatalf("the first Begin, at the zero time: %v", err)
	}
	done, err := s.system.Acknowledge(token, s.clock)
	sinceLowest := done.Waited
	if err != nil {
		late := asDeadlineError(err)
		if late == nil {
			s.t.Fatalf("the first Acknowledge: %v", err)
		}
		sinceLowest = s.model.Options.AckDeadline + late.Late
	}
	s.base = s.clock.Add(never - sinceLowest)

	s.model, _ = s.model.Begin(model.Backend(b), s.at(time.Time{}), t)
	s.model, _ = s.model.Acknowledge(t, s.at(s.clock))
	s.clock = s.base
	s.know(token)
	s.lives.skip(s.model.Stats)
	s.trace.skip(token)
	s.exits = nil
}

// at returns the model's instant of a time, and moment the way back.
func (s *sequence) at(t time.Time) model.Instant     { return model.At(s.base, t) }
func (s *sequence) moment(i model.Instant) time.Time { return i.Time(s.base) }

// know remembers a token that the system gave.
func (s *sequence) know(t registry.Token) {
	if _, old := s.numbers[t]; !old {
		s.numbers[t] = len(s.known)
		s.known = append(s.known, t)
	}
}

// record returns the record of a token in the model, and whether it has one.
func (s *sequence) record(t registry.Token) (model.Record, bool) {
	r, live := s.model.Records[model.Token(t.Bytes())]
	return r, live
}

func (s *sequence) seeExit(e registry.Exit) {
	s.exits = append(s.exits, e)
	if s.setup.nested {
		s.nested.ask(s.system, "OnExit")
	}
}

func (s *sequence) seeEvent(e registry.Event) {
	s.trace.events = append(s.trace.events, e)
	if s.setup.nested {
		s.nested.ask(s.system, "Trace")
	}
}

// do takes one step and compares what came of it.
func (s *sequence) do(p step) {
	s.t.Helper()
	token := s.pick(p.token)
	switch p.op {
	case "Issue":
		s.issue(s.when(p.when, registry.Token{}), s.draws(p.rand))
	case "Begin":
		s.begin(backend(p.backend), s.when(p.when, registry.Token{}), s.draws(p.rand))
	case "Register":
		s.register(token, backend(p.backend), s.when(p.when, token))
	case "Consume":
		s.consume(token, s.pickPresented(p.other, token), s.when(p.when, token))
	case "Acknowledge":
		s.acknowledge(token, s.when(p.when, token))
	case "Abandon":
		s.abandon(token)
	case "Expire":
		s.expire(token, s.when(p.when, token))
	case "ExpireOverdue":
		s.expireOverdue(s.when(p.when, registry.Token{}))
	case "Close":
		s.close()
	case "Fill":
		s.asideAs("bulk", func() { s.fill(p.token.n, p.when) })
		s.coverage.add(p.op, "done")
	case "Thin":
		s.asideAs("bulk", func() { s.thin(p.token.n) })
		s.coverage.add(p.op, "done")
	}
	if p.op == "Issue" || p.op == "Begin" {
		token = s.pick(pick{"live", len(s.known) - 1})
	}
	s.reveal(token)
	s.reveal(s.pick(p.token))
}

// asideAs marks the calls that f makes: they are checked, but not counted.
func (s *sequence) asideAs(aside string, f func()) {
	before := s.aside
	s.aside = aside
	f()
	s.aside = before
}

// end drains the system, with or without a sweep before Close, and checks that
// everything came to its end. (G7)
func (s *sequence) end(sweep bool) {
	s.t.Helper()
	s.asideAs("probe", func() {
		if s.setup.far {
			s.expireOverdue(time.Time{})
		}
		if last, ok := s.lastEnd(); ok && sweep {
			s.expireOverdue(s.firstEnd().Add(-1))
			s.expireOverdue(last)
			s.check()
			equal(s, "G7: handoffs pending after the last deadline", s.system.Len(), s.count("never"))
		}
		s.close()
		s.check()
		equal(s, "G7: tokens live after Close", s.system.Tokens(), 0)
		s.judge(s.lives.allOver())
	})
	for _, t := range s.known[max(0, len(s.known)-4):] {
		s.probe(t)
	}
	s.check()
}
