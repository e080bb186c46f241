package proptest

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/handoff-go/handoff/model"
	"github.com/handoff-go/handoff/proptest/internal/sequence"
	"github.com/handoff-go/handoff/proptest/internal/walk"
	"github.com/handoff-go/handoff/registry"
)

// Run checks an implementation for a single caller. It has four subtests:
//
//   - "options": invalid options are refused, with a *registry.OptionError that names the option.
//   - "defaults": options left zero have the documented values.
//   - "sequences": random sequences of operations are answered as the model answers them, and
//     leave behind what the model leaves behind.
//   - "churn": hundreds of handoffs are live at once and end in several orders. It runs only if
//     "sequences" passed.
//
// It fails t at the first difference, with the shortest sequence that rapid finds to show it,
// and logs how often each operation had each answer.
//
// The factory is called once for each sequence. A registry that it makes is used by one goroutine
// at a time, except that a callback may call Stats from another one while the call that caused
// it waits.
func Run(t *testing.T, factory func(registry.Options) (Registry, error)) {
	t.Helper()
	run(t, factory)
}

func run(t *testing.T, factory func(registry.Options) (Registry, error)) Coverage {
	f := contractFactory(factory)
	t.Run("options", func(t *testing.T) { sequence.CheckOptions(t, f) })
	t.Run("defaults", func(t *testing.T) { sequence.CheckDefaults(t, f) })
	coverage := Coverage{}
	passed := t.Run("sequences", func(t *testing.T) {
		rapid.Check(t, sequence.Property(f, coverage.add, sequence.NewReentry(sequence.Patience)))
		t.Logf("how often each operation had each answer:\n%v", coverage)
	})
	if passed {
		t.Run("churn", func(t *testing.T) { sequence.CheckChurn(t, f) })
	}
	return coverage
}

// Replay runs the sequence of operations that a program describes, with the checks of [Run], and
// fails t at the first difference. It returns how often each operation had each answer.
//
// Any bytes are a program; [Assemble] writes one from text. A sequence has 128 steps at most: the
// rest of the program is ignored. A program does the same in every run.
//
// It is what a native fuzz target calls:
//
//	f.Fuzz(func(t *testing.T, program []byte) { proptest.Replay(t, factory, program) })
func Replay(t testing.TB, factory func(registry.Options) (Registry, error), program []byte) Coverage {
	t.Helper()
	coverage := Coverage{}
	sequence.Replay(t, contractFactory(factory), program, coverage.add)
	return coverage
}

// Walk drives an implementation along the state graph that the model and the TLA+ specification
// share ([model.Golden]): to every state, and from it along every step. In every state it also
// tries every operation that is refused there: the answer must be the model's, and nothing may
// change. It fails t at the first difference, with the calls that led to it, and logs how many
// states and steps there were.
//
// Unlike [Run] it is exhaustive, for the few tokens and instants of the graph. Steps that no
// caller can ask for alone are driven as a part of a call: those of a sweep and of Close, in the
// order in which the records end.
func Walk(t testing.TB, factory func(registry.Options) (Registry, error)) {
	t.Helper()
	constants, graph, err := model.Golden()
	if err != nil {
		t.Fatal(err)
	}
	walk.Along(t, contractFactory(factory), constants, graph)
}
