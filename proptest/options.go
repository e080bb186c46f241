package proptest

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
	"github.com/handoff-go/handoff/registry"
)

// checkOptions: options that make no sense come to a *registry.OptionError that
// names the option, and to no registry; all others to a registry.
func checkOptions(t rapid.TB, f factory) {
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

func checkOption(t rapid.TB, f factory, o registry.Options) {
	t.Helper()
	system, err := f(o)
	wrong := wrongOptions(o)
	if len(wrong) == 0 {
		if err != nil || isNil(system) {
			t.Fatalf("%+v are refused: %v", o, err)
		}
		if got, want := system.AckDeadline(), withDefaults(o).AckDeadline; got != want {
			t.Fatalf("%+v: AckDeadline is %v, want %v", o, got, want)
		}
		return
	}
	var refusal *registry.OptionError
	if !errors.As(err, &refusal) {
		t.Fatalf("%+v: the answer is %v, want an OptionError of one of %v", o, err, wrong)
	}
	if !isNil(system) {
		t.Fatalf("%+v: there is a registry beside the error %v", o, err)
	}
	if says, ok := wrong[refusal.Option]; !ok || !strings.Contains(err.Error(), says) {
		t.Fatalf("%+v: the error is %q, want one of %v", o, err, wrong)
	}
}

// wrongOptions returns the options that make no sense, each with what an error
// about it must say.
func wrongOptions(o registry.Options) map[string]string {
	wrong := map[string]string{}
	for name, n := range map[string]int64{
		"AckDeadline": int64(o.AckDeadline), "TokenTTL": int64(o.TokenTTL),
		"MaxPending": int64(o.MaxPending), "CollisionAttempts": int64(o.CollisionAttempts),
	} {
		if n < 0 {
			wrong[name] = name
		}
	}
	if m := withDefaults(o); len(wrong) == 0 && m.AckDeadline > m.TokenTTL {
		wrong["AckDeadline"] = "TokenTTL" // the message names both
		wrong["TokenTTL"] = "AckDeadline"
	}
	return wrong
}

// isNil reports whether there is no registry, also where a factory returns a
// nil pointer of its own type.
func isNil(r Registry) bool {
	if r == nil {
		return true
	}
	v := reflect.ValueOf(r)
	return v.Kind() == reflect.Pointer && v.IsNil()
}

// checkDefaults: options left zero are the documented ones.
func checkDefaults(t testing.TB, f factory) {
	t.Helper()
	s := newSequence(&laconic{TB: t}, f, setup{}, Coverage{}, newNested(patience))
	for range defaults().MaxPending + 1 {
		s.begin(backend(0), s.clock, s.fresh())
	}
	s.check()

	ack := s.clock.Add(defaults().AckDeadline)
	s.acknowledge(s.known[0], ack.Add(-1))
	s.acknowledge(s.known[1], ack)
	s.issue(s.clock, s.fresh())
	s.register(s.known[len(s.known)-1], backend(1), s.clock.Add(defaults().TokenTTL-1))
	s.check()

	live := model.Token(s.known[2].Bytes())
	collisions := slices.Repeat([]model.Token{live}, defaults().CollisionAttempts)
	s.issue(s.clock, draws{append(collisions, s.source.next()), "error", registry.TokenSize})
	s.issue(s.clock, draws{append(collisions[1:], s.source.next()), "error", registry.TokenSize})
	s.check()
	s.end(true)
}
