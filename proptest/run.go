package proptest

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/handoff-go/handoff/registry"
)

// Run checks an implementation against the model, for a single caller: random
// sequences of operations must be answered as the model answers them, and leave
// behind what it leaves behind (the subtest "sequences"); options that make no
// sense must be refused ("options"), and absent ones filled in ("defaults"); and
// many handoffs at once must live and end ("crowd"). It fails t at the first
// difference, with the shortest sequence that rapid finds to show it, and logs
// how often each operation met each answer.
//
// The factory is called once for each sequence. What it makes is not used from
// several goroutines at a time, except that a callback may ask for Stats from
// another one while the call that caused it waits.
func Run(t *testing.T, factory func(registry.Options) (Registry, error)) {
	t.Helper()
	run(t, factory)
}

func run(t *testing.T, factory factory) Coverage {
	t.Run("options", func(t *testing.T) { checkOptions(t, factory) })
	t.Run("defaults", func(t *testing.T) { checkDefaults(t, factory) })
	coverage := Coverage{}
	if t.Run("sequences", func(t *testing.T) {
		rapid.Check(t, sequences(factory, coverage, newNested(patience)))
		t.Logf("how often each operation met each answer:\n%v", coverage)
	}) {
		// What a short sequence shows is not worth seeing in a long one.
		t.Run("crowd", func(t *testing.T) { checkCrowd(t, factory) })
	}
	return coverage
}

// sequences is the property: whatever is done, system and model agree.
func sequences(f factory, coverage Coverage, nested nested) func(*rapid.T) {
	draw := newGenerator()
	return func(t *rapid.T) {
		s := newSequence(t, f, draw.setup(t), coverage, nested)
		steps, closing := 0, draw.closing.Draw(t, "closing")

		actions := map[string]func(*rapid.T){"": func(*rapid.T) { s.check() }}
		for _, op := range opNames() {
			actions[op] = func(t *rapid.T) {
				if op == "Close" && steps < closing {
					t.Skip("not yet") // what comes after it is closed
				}
				steps++
				s.do(draw.step(t, op, s.setup.far))
			}
		}
		t.Repeat(actions)
		s.end(draw.sweep.Draw(t, "sweep at the end"))
	}
}
