package proptest_test

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoff-go/handoff/proptest"
	"github.com/handoff-go/handoff/registry"
)

func ours(o registry.Options) (proptest.Registry, error) { return registry.New(o) }

// rare are the answers that are less than one in a hundred of their operation's.
var rare = map[proptest.Case]bool{}

// The registry is what the model is, and the sequences that show it meet every
// answer of every operation, each often enough.
func TestRegistry(t *testing.T) {
	coverage := proptest.Covered(t, ours)
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
		case sequences < 1000: // too few to say
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
