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
)

func TestRegistryWalks(t *testing.T) { proptest.Walk(t, ours) }

func TestMapRegistryWalks(t *testing.T) { proptest.Walk(t, mine) }

// The walk finds, in one go, what does not depend on locks or on far instants.
func TestFaultsAreWalkedInto(t *testing.T) {
	elsewhere := map[string]bool{"tells under a lock": true, "takes the zero time for now": true}
	all := brokenAlone()
	for i, name := range slices.Sorted(maps.Keys(all)) {
		if i%fewer(8) != 0 {
			continue
		}
		broken := all[name]
		v := judge(func(t rapid.TB) { proptest.Walk(t.(testing.TB), broken) })
		require.Equal(t, !elsewhere[name], v.failed, name)
	}
}

// fewer is the stride through a list: 1, or n where the race detector makes all slow
// that has no race to find, or little is asked for.
func fewer(n int) int {
	if raceDetector || testing.Short() {
		return n
	}
	return 1
}

// A graph that says something else than the code does is walked into as well.
func TestAnotherGraphIsWalkedInto(t *testing.T) {
	constants, golden, err := model.Golden()
	require.NoError(t, err)
	tried := 0
	for i := 0; i < len(golden.Edges); i += 997 * fewer(10) {
		e := golden.Edges[i]
		if strings.HasPrefix(e.Step, "CloseOne") || strings.HasPrefix(e.Step, "Drop") {
			continue // no caller can ask for each of these
		}
		tried++
		without, astray := golden, golden
		without.Edges = slices.Delete(slices.Clone(golden.Edges), i, i+1)
		astray.Edges = slices.Clone(golden.Edges)
		astray.Edges[i].To = golden.Initial
		for _, g := range []model.Graph{without, astray} {
			v := judge(func(t rapid.TB) { proptest.WalkAlong(t.(testing.TB), ours, constants, g) })
			require.True(t, v.failed, "%s from %s", e.Step, e.From)
		}
	}
	require.NotZero(t, tried)
}
