package proptest_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/handoff-go/handoff/model"
	"github.com/handoff-go/handoff/proptest"
	"github.com/handoff-go/handoff/proptest/internal/walk"
)

func TestMapRegistryWalks(t *testing.T) { proptest.Walk(t, mine) }

// Walk finds every broken registry whose mistake does not depend on locks or on far instants.
func TestWalkFindsBrokenRegistries(t *testing.T) {
	outOfReach := map[string]bool{"calls OnExit under a lock": true, "takes the zero time for the present": true}
	all := brokenSequentially()
	for i, name := range slices.Sorted(maps.Keys(all)) {
		if i%fewer(8) != 0 {
			continue
		}
		broken := all[name]
		r := resultOf(func(t rapid.TB) { proptest.Walk(t.(testing.TB), broken) })
		require.Equal(t, !outOfReach[name], r.failed, name)
	}
}

// fewer returns the stride through a list of cases: n with -short, and under the race detector,
// which makes sequential tests slow and finds nothing in them; otherwise 1.
func fewer(n int) int {
	if raceDetector || testing.Short() {
		return n
	}
	return 1
}

// Walk finds a graph that has a step less than the registry, or one that leads elsewhere.
func TestWalkFindsWrongGraphs(t *testing.T) {
	constants, golden, err := model.Golden()
	require.NoError(t, err)
	tried := 0
	for i := 0; i < len(golden.Edges); i += 997 * fewer(10) {
		e := golden.Edges[i]
		if strings.HasPrefix(e.Step, "CloseOne") || strings.HasPrefix(e.Step, "Drop") {
			continue // no caller can ask for these steps alone
		}
		tried++
		without, redirected := golden, golden
		without.Edges = slices.Delete(slices.Clone(golden.Edges), i, i+1)
		redirected.Edges = slices.Clone(golden.Edges)
		redirected.Edges[i].To = golden.Initial
		for _, g := range []model.Graph{without, redirected} {
			r := resultOf(func(t rapid.TB) { walk.Along(t.(testing.TB), proptest.ContractFactory(ours), constants, g) })
			require.True(t, r.failed, "%s from %s", e.Step, e.From)
		}
	}
	require.NotZero(t, tried)
}
