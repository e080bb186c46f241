package proptest_test

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoff-go/handoff/proptest"
	"github.com/handoff-go/handoff/registry"
)

func ours(o registry.Options) (proptest.Registry, error) { return registry.New(o) }

// rare are the cases that are fewer than one in a hundred calls of their operation.
var rare = map[proptest.Case]bool{}

// The registry conforms to the model, and the sequences that show it have every answer of every
// operation, each in at least one of a hundred calls.
func TestRegistry(t *testing.T) {
	coverage := proptest.RunCovered(t, ours)
	if t.Failed() {
		return
	}
	sequences := number(t, "rapid.checks")
	if testing.Short() {
		sequences /= 5 // as rapid does
	}
	steps := 0
	for _, n := range coverage {
		steps += n
	}
	t.Logf("%d sequences of %.1f steps on average", sequences, float64(steps)/float64(max(1, sequences)))
	t.Attr("sequences", strconv.Itoa(sequences))
	for _, c := range proptest.Cases() {
		hits, calls := coverage[c], 0
		for other, n := range coverage {
			if other.Op == c.Op {
				calls += n
			}
		}
		switch {
		case sequences < 1000: // too few to judge
		case sequences < 10_000:
			require.NotZero(t, hits, "%s: %s", c.Op, c.Answer)
		case rare[c]:
			require.GreaterOrEqual(t, hits, 100, "%s: %s", c.Op, c.Answer)
		default:
			require.GreaterOrEqual(t, 100*hits, calls, "%s: %s: %d of %d", c.Op, c.Answer, hits, calls)
		}
	}
}

func TestRegistryConcurrently(t *testing.T) { proptest.RunConcurrent(t, ours) }

func TestRegistryWalks(t *testing.T) { proptest.Walk(t, ours) }
