package model_test

import (
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/handoff-go/handoff/model"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

var options = model.Options{AckDeadline: 3, TokenTTL: 4, MaxPending: 2, CollisionAttempts: 2}

var (
	a, b, c = model.Token{1}, model.Token{2}, model.Token{3}
	cache   = model.Backend{Service: "cache", PID: 7}
)

// The rules, one line each: the operations before, the operation under test, its answer.
func TestAnswers(t *testing.T) {
	type state = model.State
	issued := func(s state) state { s, _ = s.Issue(0, a); return s }
	pending := func(s state) state { s, _ = s.Begin(cache, 0, a); return s }
	consumed := func(s state) state { s, _ = pending(s).Consume(a, a, 1); return s }
	acked := func(s state) state { s, _ = pending(s).Acknowledge(a, 1); return s }
	full := func(s state) state { s = pending(s); s, _ = s.Issue(1, b); return s }
	closed := func(s state) state { s, _ = pending(s).Close(); return s }
	fresh := func(s state) state { return s }

	for name, r := range map[string]struct {
		before func(state) state
		ask    func(state) (state, model.Answer)
		want   model.Verdict
		live   int
	}{
		"issue":                                {fresh, func(s state) (state, model.Answer) { return s.Issue(0, a) }, model.OK, 1},
		"issue of a live token, then a new":    {issued, func(s state) (state, model.Answer) { return s.Issue(0, a, b) }, model.OK, 2},
		"issue of zero and a live token":       {issued, func(s state) (state, model.Answer) { return s.Issue(0, a, model.Token{}) }, model.Collision, 1},
		"issue of a dead token: a new life":    {acked, func(s state) (state, model.Answer) { return s.Issue(0, a) }, model.OK, 1},
		"issue when the source fails":          {fresh, func(s state) (state, model.Answer) { return s.Issue(0) }, model.RandomFailed, 0},
		"issue when full":                      {full, func(s state) (state, model.Answer) { return s.Issue(1, c) }, model.Full, 2},
		"issue when full of what is over":      {full, func(s state) (state, model.Answer) { return s.Issue(5, c) }, model.OK, 2},
		"issue when closed":                    {closed, func(s state) (state, model.Answer) { return s.Issue(0, c) }, model.ErrClosed, 0},
		"begin when closed":                    {closed, func(s state) (state, model.Answer) { return s.Begin(cache, 0, c) }, model.ErrClosed, 0},
		"register":                             {issued, func(s state) (state, model.Answer) { return s.Register(a, cache, 3) }, model.OK, 1},
		"register at the token's end":          {issued, func(s state) (state, model.Answer) { return s.Register(a, cache, 4) }, model.TokenExpired, 0},
		"register again":                       {pending, func(s state) (state, model.Answer) { return s.Register(a, cache, 9) }, model.AlreadyPending, 1},
		"register once consumed":               {consumed, func(s state) (state, model.Answer) { return s.Register(a, cache, 1) }, model.AlreadyPending, 1},
		"register of the dead":                 {acked, func(s state) (state, model.Answer) { return s.Register(a, cache, 1) }, model.TokenNotLive, 0},
		"register when closed":                 {closed, func(s state) (state, model.Answer) { return s.Register(a, cache, 1) }, model.ErrClosed, 0},
		"consume":                              {pending, func(s state) (state, model.Answer) { return s.Consume(a, a, 2) }, model.OK, 1},
		"consume what nothing is pending on":   {issued, func(s state) (state, model.Answer) { return s.Consume(a, a, 2) }, model.OK, 0},
		"consume again":                        {consumed, func(s state) (state, model.Answer) { return s.Consume(a, a, 2) }, model.TokenNotLive, 1},
		"consume at the end":                   {pending, func(s state) (state, model.Answer) { return s.Consume(a, b, 3) }, model.TokenExpired, 0},
		"consume an issued token at its end":   {issued, func(s state) (state, model.Answer) { return s.Consume(a, a, 4) }, model.TokenExpired, 0},
		"consume by another token":             {pending, func(s state) (state, model.Answer) { return s.Consume(a, b, 2) }, model.TokenMismatch, 1},
		"consume when closed":                  {closed, func(s state) (state, model.Answer) { return s.Consume(a, a, 2) }, model.ErrClosed, 0},
		"acknowledge before the deadline":      {pending, func(s state) (state, model.Answer) { return s.Acknowledge(a, 2) }, model.OK, 0},
		"acknowledge at the deadline":          {pending, func(s state) (state, model.Answer) { return s.Acknowledge(a, 3) }, model.DeadlineReached, 0},
		"acknowledge once consumed":            {consumed, func(s state) (state, model.Answer) { return s.Acknowledge(a, 2) }, model.OK, 0},
		"acknowledge what is only issued":      {issued, func(s state) (state, model.Answer) { return s.Acknowledge(a, 0) }, model.NotPending, 1},
		"acknowledge again":                    {acked, func(s state) (state, model.Answer) { return s.Acknowledge(a, 1) }, model.NotPending, 0},
		"acknowledge when closed":              {closed, func(s state) (state, model.Answer) { return s.Acknowledge(a, 1) }, model.ErrClosed, 0},
		"abandon":                              {pending, func(s state) (state, model.Answer) { return s.Abandon(a) }, model.OK, 0},
		"abandon what is only issued":          {issued, func(s state) (state, model.Answer) { return s.Abandon(a) }, model.None, 0},
		"abandon nothing":                      {acked, func(s state) (state, model.Answer) { return s.Abandon(a) }, model.None, 0},
		"expire before the deadline":           {pending, func(s state) (state, model.Answer) { return s.Expire(a, 2) }, model.None, 1},
		"expire at the deadline":               {pending, func(s state) (state, model.Answer) { return s.Expire(a, 3) }, model.OK, 0},
		"expire does not drop an issued token": {issued, func(s state) (state, model.Answer) { return s.Expire(a, 9) }, model.None, 1},
		"drop before the end":                  {issued, func(s state) (state, model.Answer) { return s.Drop(a, 3) }, model.None, 1},
		"drop at the end":                      {issued, func(s state) (state, model.Answer) { return s.Drop(a, 4) }, model.OK, 0},
		"drop does not end a handoff":          {pending, func(s state) (state, model.Answer) { return s.Drop(a, 9) }, model.None, 1},
		"a sweep ends what is over":            {full, func(s state) (state, model.Answer) { return s.ExpireOverdue(4) }, model.OK, 1},
		"a sweep ends all that is over":        {full, func(s state) (state, model.Answer) { return s.ExpireOverdue(5) }, model.OK, 0},
		"close":                                {full, func(s state) (state, model.Answer) { return s.Close() }, model.OK, 0},
		"close one, not closed":                {pending, func(s state) (state, model.Answer) { return s.CloseOne(a) }, model.None, 1},
		"close again":                          {closed, func(s state) (state, model.Answer) { return s.Close() }, model.None, 0},
	} {
		t.Run(name, func(t *testing.T) {
			before := r.before(model.New(options))
			records, stats := maps.Clone(before.Records), before.Stats
			after, answer := r.ask(before)
			require.Equal(t, r.want, answer.Verdict)
			require.Equal(t, r.live, after.Tokens())
			require.NoError(t, after.Check())
			require.Equal(t, records, before.Records, "a state is a value")
			require.Equal(t, stats, before.Stats)
		})
	}
}

func TestQueries(t *testing.T) {
	s := model.New(options)
	_, ok := s.NextDeadline()
	require.False(t, ok)
	s, _ = s.Issue(0, a)
	s, _ = s.Begin(cache, 0, b)
	next, ok := s.NextDeadline()
	require.True(t, ok)
	require.EqualValues(t, 3, next)
	got, pending := s.Backend(b)
	require.True(t, pending)
	require.Equal(t, cache, got)
	_, pending = s.Backend(a)
	require.False(t, pending)
	require.Equal(t, 1, s.Len())
	s, answer := s.Close()
	require.Equal(t, []model.Exit{{Token: b, Backend: cache, Outcome: model.Abandoned, Deadline: 3}}, answer.Exits)
	_, ok = s.NextDeadline()
	require.False(t, ok)
}

func TestInstantsSaturate(t *testing.T) {
	base := time.Unix(0, 0)
	require.Equal(t, -model.Never, model.At(base, time.Time{}))
	require.Equal(t, model.Never, model.At(base, time.Unix(1<<62, 0)))
	require.EqualValues(t, 5, model.At(base, base.Add(5)))
	require.True(t, model.Instant(5).Time(base).Equal(base.Add(5)))
	require.Equal(t, model.Never, model.Instant(1).Add(1<<63-1))
	require.Equal(t, model.Never, (-model.Never).Add(1<<63-1))
	require.Zero(t, model.Instant(1).Since(2))
	require.False(t, model.Over(model.Never, model.Never))
	require.True(t, model.Over(3, 3))
	require.False(t, model.Over(2, 3))
}

// Random operations in random order: Check holds in every state that they reach.
func TestEveryStateKeepsTheGuarantees(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := model.New(options)
		now := func() model.Instant {
			return model.Instant(rapid.SampledFrom([]int64{-int64(model.Never), 0, 1, 2, 3, 4, 5, 6, int64(model.Never) - 2, int64(model.Never)}).Draw(t, "now"))
		}
		token := func() model.Token { return rapid.SampledFrom([]model.Token{{}, a, b, c}).Draw(t, "token") }
		t.Repeat(map[string]func(*rapid.T){
			"Issue":         func(*rapid.T) { s, _ = s.Issue(now(), token(), token()) },
			"Begin":         func(*rapid.T) { s, _ = s.Begin(cache, now(), token(), token()) },
			"Register":      func(*rapid.T) { s, _ = s.Register(token(), cache, now()) },
			"Consume":       func(*rapid.T) { s, _ = s.Consume(token(), token(), now()) },
			"Acknowledge":   func(*rapid.T) { s, _ = s.Acknowledge(token(), now()) },
			"Abandon":       func(*rapid.T) { s, _ = s.Abandon(token()) },
			"Expire":        func(*rapid.T) { s, _ = s.Expire(token(), now()) },
			"Drop":          func(*rapid.T) { s, _ = s.Drop(token(), now()) },
			"ExpireOverdue": func(*rapid.T) { s, _ = s.ExpireOverdue(now()) },
			"Close": func(t *rapid.T) {
				if rapid.IntRange(0, 9).Draw(t, "rarely") == 0 {
					s, _ = s.Close()
				}
			},
			"": func(t *rapid.T) { require.NoError(t, s.Check()) },
		})
	})
}

// Check must be able to fail: each guarantee is broken by hand once.
func TestCheckNamesTheGuaranteeThatIsBroken(t *testing.T) {
	for want, breakIt := range map[string]func(*model.State){
		"G2": func(s *model.State) { s.Closed = true },
		"G3": func(s *model.State) { r := s.Records[a]; r.Since = -1; s.Records[a] = r },
		"G4": func(s *model.State) { r := s.Records[a]; r.TokenEnd = 2; s.Records[a] = r },
		"G5": func(s *model.State) { s.Options.MaxPending = 0 },
		"G6": func(s *model.State) { s.Stats.Registered++ },
		"G6: issued": func(s *model.State) {
			s.Stats.Revoked++
		},
		"G4: the zero": func(s *model.State) {
			s.Records[model.Token{}] = s.Records[a]
			s.Stats.Issued, s.Stats.Registered = 2, 2
		},
		"G2: token": func(s *model.State) {
			s.Records[a] = model.Record{Consumed: true}
			s.Stats.Registered = 0
		},
	} {
		t.Run(want, func(t *testing.T) {
			s, _ := model.New(options).Begin(cache, 0, a)
			require.NoError(t, s.Check())
			breakIt(&s)
			require.ErrorContains(t, s.Check(), want)
		})
	}
}

// One handoff, with time in nanoseconds.
func Example() {
	s := model.New(model.Options{AckDeadline: 5, TokenTTL: 30, MaxPending: 1, CollisionAttempts: 1})
	s, began := s.Begin(model.Backend{Service: "cache"}, 0, model.Token{1})
	_, early := s.Acknowledge(began.Token, 4)
	_, late := s.Acknowledge(began.Token, 5)
	fmt.Println(early.Verdict, early.Exits[0].Outcome)
	fmt.Println(late.Verdict, late.Exits[0].Outcome)
	// Output:
	// ok acknowledged
	// DeadlineError expired
}
