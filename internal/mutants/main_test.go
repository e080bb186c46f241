package main

import (
	"bytes"
	"flag"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoff-go/handoff/internal/mutation"
)

func TestUsage(t *testing.T) {
	for claim, args := range map[string][]string{
		"an unknown flag":      {"-fast"},
		"an unexpected word":   {"late-ack"},
		"an unknown mutant":    {"-only", "late-ack,no-such-mutant"},
		"an empty name":        {"-only", ","},
		"a flag without value": {"-o"},
	} {
		t.Run(claim, func(t *testing.T) {
			require.ErrorAs(t, run(t.Context(), args, new(bytes.Buffer)), new(mutation.UsageError))
		})
	}
	require.ErrorIs(t, run(t.Context(), []string{"-h"}, new(bytes.Buffer)), flag.ErrHelp)
}

func TestListNamesEveryMutant(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), []string{"-list"}, &out))
	for _, f := range allMutants() {
		require.Contains(t, out.String(), " "+f.name+" (")
		require.Contains(t, out.String(), f.says)
	}
}

func TestNonsenseAsMutantIsRefused(t *testing.T) {
	good := bySum("counts-double", "all", "total += n", "total += 2 * n")
	for claim, spoil := range map[string]func(*mutation.Mutant){
		"no name":               func(m *mutation.Mutant) { m.Name = "" },
		"a name of two words":   func(m *mutation.Mutant) { m.Name = "counts double" },
		"no description":        func(m *mutation.Mutant) { m.Says = "" },
		"no such guarantee":     func(m *mutation.Mutant) { m.Group = "G11" },
		"no such layer":         func(m *mutation.Mutant) { m.By = "luck" },
		"an informative layer":  func(m *mutation.Mutant) { m.By = "aside" },
		"a name that was taken": func(m *mutation.Mutant) {},
	} {
		t.Run(claim, func(t *testing.T) {
			bad := good
			spoil(&bad)
			r := mutation.Runner{Source: sumModule(t), Checks: &checks{layers: layersOfSum()}}
			_, err := r.Run(t.Context(), []mutation.Mutant{good, bad})
			require.Error(t, err)
			require.NotContains(t, err.Error(), "exit status", "it is refused before anything runs")
		})
	}
	require.NoError(t, (&checks{layers: layersOfSum()}).validate([]mutation.Mutant{good}))
}

func TestQuickAsksOnlyWhoMustKillAMutantAndOnce(t *testing.T) {
	quick := quickened(allLayers())
	require.Len(t, quick, len(allLayers())-1, "what is for information only is left out")
	for _, l := range quick {
		require.Len(t, l.runs, 1)
		s := &suite{reaches: map[string]bool{"fsm": true}}
		require.True(t, s.asked(l, mutation.Mutant{By: l.name, Edit: mutation.Edit{File: "fsm/fsm.go"}}))
		require.False(t, s.asked(l, mutation.Mutant{By: l.name, Edit: mutation.Edit{File: "model/model.go"}}))
		require.False(t, s.asked(l, mutation.Mutant{By: "another", Edit: mutation.Edit{File: "fsm/fsm.go"}}))
	}
	require.Len(t, allLayers()[1].runs, 5, "the whole run is not touched by it")
}
