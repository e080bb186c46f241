package sequence

import (
	"errors"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/handoff-go/handoff/model"
	"github.com/handoff-go/handoff/proptest/internal/contract"
	"github.com/handoff-go/handoff/proptest/internal/program"
	"github.com/handoff-go/handoff/registry"
)

// CheckOptions checks that invalid options are refused with a *registry.OptionError that names
// the option, and no registry, and that all others are accepted.
func CheckOptions(t rapid.TB, f contract.Factory) {
	t.Helper()
	durations := []time.Duration{0, 1, -1, time.Second, 5*time.Second - 1, 5 * time.Second, 30 * time.Second, 30*time.Second + 1, math.MaxInt64, math.MinInt64}
	counts := []int{0, 1, -1, 5, math.MaxInt, math.MinInt}
	for _, ack := range durations {
		for _, ttl := range durations {
			checkOption(t, f, registry.Options{AckDeadline: ack, TokenTTL: ttl})
		}
	}
	for _, pending := range counts {
		for _, attempts := range counts {
			for _, ack := range []time.Duration{0, time.Minute} {
				checkOption(t, f, registry.Options{AckDeadline: ack, MaxPending: pending, CollisionAttempts: attempts})
			}
		}
	}
}

func checkOption(t rapid.TB, f contract.Factory, o registry.Options) {
	t.Helper()
	system, err := f(o)
	wrong := invalidOptions(o)
	if len(wrong) == 0 {
		if err != nil || isNil(system) {
			t.Fatalf("factory(%+v): got the error %v, want a registry", o, err)
		}
		if got, want := system.AckDeadline(), contract.Options(o).AckDeadline; got != want {
			t.Fatalf("factory(%+v).AckDeadline: got %v, want %v", o, got, want)
		}
		return
	}
	var refusal *registry.OptionError
	if !errors.As(err, &refusal) {
		t.Fatalf("factory(%+v): got the error %v, want an OptionError for one of %v", o, err, wrong)
	}
	if !isNil(system) {
		t.Fatalf("factory(%+v): got a registry together with the error %v", o, err)
	}
	if text, ok := wrong[refusal.Option]; !ok || !strings.Contains(err.Error(), text) {
		t.Fatalf("factory(%+v): got the error %q, want one for an option of %v that contains its text", o, err, wrong)
	}
}

// invalidOptions returns the names of the invalid options, each with a text that the error about
// it must contain.
func invalidOptions(o registry.Options) map[string]string {
	wrong := map[string]string{}
	for name, n := range map[string]int64{
		"AckDeadline": int64(o.AckDeadline), "TokenTTL": int64(o.TokenTTL),
		"MaxPending": int64(o.MaxPending), "CollisionAttempts": int64(o.CollisionAttempts),
	} {
		if n < 0 {
			wrong[name] = name
		}
	}
	if m := contract.Options(o); len(wrong) == 0 && m.AckDeadline > m.TokenTTL {
		wrong["AckDeadline"] = "TokenTTL" // the message names both
		wrong["TokenTTL"] = "AckDeadline"
	}
	return wrong
}

// isNil reports whether r is nil, or a nil pointer of the factory's own type.
func isNil(r contract.Registry) bool {
	if r == nil {
		return true
	}
	v := reflect.ValueOf(r)
	return v.Kind() == reflect.Pointer && v.IsNil()
}

// CheckDefaults checks that options left zero have the documented values.
func CheckDefaults(t testing.TB, f contract.Factory) {
	t.Helper()
	s := New(&QuietTB{TB: t}, f, program.Setup{}, nil, NewReentry(Patience))
	defaults := contract.Defaults()
	for range defaults.MaxPending + 1 {
		s.Begin(contract.SampleBackend(0), s.clock, s.fresh())
	}
	s.Check()

	ack := s.clock.Add(defaults.AckDeadline)
	s.Acknowledge(s.known[0], ack.Add(-1))
	s.Acknowledge(s.known[1], ack)
	s.Issue(s.clock, s.fresh())
	s.Register(s.known[len(s.known)-1], contract.SampleBackend(1), s.clock.Add(defaults.TokenTTL-1))
	s.Check()

	live := model.Token(s.known[2].Bytes())
	collisions := slices.Repeat([]model.Token{live}, defaults.CollisionAttempts)
	s.Issue(s.clock, Draws{append(collisions, s.rand.next()), "error", registry.TokenSize})
	s.Issue(s.clock, Draws{append(collisions[1:], s.rand.next()), "error", registry.TokenSize})
	s.Check()
	s.end(true)
}
