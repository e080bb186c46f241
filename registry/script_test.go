package registry_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cockroachdb/datadriven"
	"github.com/handoff-go/handoff/registry"
)

// TestScripts runs testdata/*.txt, each named after the claim that it shows. After
// every operation a script prints the answer, the exits reported meanwhile and the
// whole visible state. `go test -run TestScripts -rewrite` rewrites them.
func TestScripts(t *testing.T) {
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		// The clock of a synctest bubble stands still, so that the registry's base, and
		// with it the limit at which times saturate, is exact.
		var run func(*testing.T, *datadriven.TestData) string
		synctest.Test(t, func(t *testing.T) {
			run = (&script{names: map[registry.Token]string{}}).run
			datadriven.RunTest(t, path, run)
		})
	})
}

type script struct {
	r      *registry.Registry
	start  time.Time
	tokens []registry.Token // by the letter of their name
	names  map[registry.Token]string
	exits  []string
}

func (s *script) run(t *testing.T, d *datadriven.TestData) string {
	answer := s.answer(t, d)
	for _, e := range s.exits {
		answer += "\n  exit: " + e
	}
	s.exits = nil
	if s.r == nil {
		return answer
	}
	st := s.r.Stats()
	answer += fmt.Sprintf("\n  pending %d, live %d", s.r.Len(), s.r.Tokens())
	if next, ok := s.r.NextDeadline(); ok {
		answer += fmt.Sprintf(", next end at %v", next.Sub(s.start))
	}
	return answer + fmt.Sprintf("\n  issued %d = live + revoked %d; registered %d = pending + acknowledged %d + expired %d + abandoned %d",
		st.Issued, st.Revoked, st.Registered, st.Acknowledged, st.Expired, st.Abandoned)
}

func (s *script) answer(t *testing.T, d *datadriven.TestData) string {
	now := s.at(t, d, "at")
	switch d.Cmd {
	case "new":
		o := registry.Options{
			AckDeadline: s.span(t, d, "ack"), TokenTTL: s.span(t, d, "ttl"),
			OnExit: func(e registry.Exit) {
				s.exits = append(s.exits, fmt.Sprintf("%s of %v, %v after %v", s.names[e.Token], e.Backend, e.State, e.Waited))
			},
		}
		d.MaybeScanArgs(t, "max", &o.MaxPending)
		var err error
		s.start = time.Now()
		s.r, err = registry.New(o)
		return says(err)
	case "issue":
		token, err := s.r.Issue(now)
		return s.named(token, err)
	case "begin":
		token, err := s.r.Begin(backend(t, d), now)
		return s.named(token, err)
	case "register":
		return says(s.r.Register(s.token(t, d), backend(t, d), now))
	case "consume":
		var presented string
		d.ScanArgs(t, "presented", &presented)
		return says(s.r.Consume(s.token(t, d), s.byName(presented), now))
	case "acknowledge":
		a, err := s.r.Acknowledge(s.token(t, d), now)
		if err != nil {
			return says(err)
		}
		return fmt.Sprintf("ok: %s of %v, waited %v", s.names[a.Token], a.Backend, a.Waited)
	case "abandon":
		b, ok := s.r.Abandon(s.token(t, d))
		return fmt.Sprintf("%v, %v", b, ok)
	case "expire":
		e, ok := s.r.Expire(s.token(t, d), now)
		return s.expired(e, ok)
	case "sweep":
		var lines []string
		for _, e := range s.r.ExpireOverdue(now) {
			lines = append(lines, s.expired(e, true))
		}
		return fmt.Sprintf("%d expired%s", len(lines), strings.Join(append([]string{""}, lines...), "\n  "))
	case "close":
		closed := s.r.Close()
		return fmt.Sprintf("%d abandoned", len(closed))
	}
	return "no such command: " + d.Cmd
}

func (s *script) expired(e registry.Expired, ok bool) string {
	if !ok {
		return "no"
	}
	return fmt.Sprintf("%s of %v at %v: %v", s.names[e.Token], e.Backend, e.Deadline.Sub(s.start), e.Fallback().Reason)
}

func (s *script) named(token registry.Token, err error) string {
	if err != nil {
		return says(err)
	}
	name := string(rune('A' + len(s.tokens)))
	s.tokens = append(s.tokens, token)
	s.names[token] = name
	return "ok: " + name
}

func (s *script) token(t *testing.T, d *datadriven.TestData) registry.Token {
	return s.byName(d.CmdArgs[0].Key)
}

func (s *script) byName(name string) registry.Token {
	if name == "zero" {
		return registry.Token{}
	}
	return s.tokens[name[0]-'A']
}

// at reads an instant as a duration since New; "first" and "last" are the earliest
// and latest that a time.Time can hold.
func (s *script) at(t *testing.T, d *datadriven.TestData, key string) time.Time {
	if d.HasArg(key) {
		var text string
		switch d.ScanArgs(t, key, &text); text {
		case "first":
			return time.Time{}
		case "last":
			return time.Unix(1<<62, 0)
		}
	}
	return s.start.Add(s.span(t, d, key))
}

func (s *script) span(t *testing.T, d *datadriven.TestData, key string) time.Duration {
	if !d.HasArg(key) {
		return 0
	}
	var text string
	if d.ScanArgs(t, key, &text); text == "huge" {
		return 1<<63 - 1
	}
	span, err := time.ParseDuration(text)
	if err != nil {
		d.Fatalf(t, "%v", err)
	}
	return span
}

func backend(t *testing.T, d *datadriven.TestData) (b registry.Backend) {
	d.MaybeScanArgs(t, "by", &b.Service)
	d.MaybeScanArgs(t, "pid", &b.PID)
	return b
}

func says(err error) string {
	var late *registry.DeadlineError
	switch {
	case err == nil:
		return "ok"
	case errors.As(err, &late):
		return fmt.Sprintf("%v (fallback: %v)", err, late.Fallback().Reason)
	}
	return err.Error()
}
