package proptest

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/handoff-go/handoff/model"
)

// Covered is Run, and returns what it covered.
func Covered(t *testing.T, f factory) Coverage { return run(t, f) }

// Sequences is the property that Run checks, with less patience.
func Sequences(f factory, patience time.Duration) func(*rapid.T) {
	return sequences(f, Coverage{}, newNested(patience))
}

// CheckOptions is the check of Run for options.
func CheckOptions(t rapid.TB, f factory) { checkOptions(t, f) }

// Contests are the checks of RunConcurrent, by name.
func Contests() map[string]func(rapid.TB, factory) { return contests() }

// Decode shows what a program says.
func Decode(program []byte) (string, []string) {
	setup, steps := decode(program)
	var all []string
	for _, p := range steps {
		all = append(all, fmt.Sprintf("%+v", p))
	}
	return fmt.Sprintf("%+v", setup), all
}

// WalkAlong is Walk with another graph.
func WalkAlong(t testing.TB, f factory, c model.Constants, g model.Graph) { walkAlong(t, f, c, g) }
