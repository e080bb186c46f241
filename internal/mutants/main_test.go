package main

import (
	"bytes"
	"context"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestUsage(t *testing.T) {
	for claim, args := range map[string][]string{
		"an unknown flag":      {"-fast"},
		"an unexpected word":   {"late-ack"},
		"an unknown fault":     {"-only", "late-ack,no-such-fault"},
		"an empty fault name":  {"-only", ","},
		"a flag without value": {"-o"},
	} {
		t.Run(claim, func(t *testing.T) {
			require.ErrorAs(t, run(context.Background(), args, new(bytes.Buffer)), new(usageError))
		})
	}
	require.NoError(t, run(context.Background(), []string{"-h"}, new(bytes.Buffer)))
}

func TestListNamesEveryFault(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, run(context.Background(), []string{"-list"}, &out))
	for _, f := range allFaults() {
		require.Contains(t, out.String(), " "+f.name+" (")
		require.Contains(t, out.String(), f.says)
	}
}

func TestNonsenseAsFaultIsRefused(t *testing.T) {
	good := bySum("counts-double", "all", "total += n", "total += 2 * n")
	for claim, spoil := range map[string]func(*fault){
		"no name":               func(f *fault) { f.name = "" },
		"a name of two words":   func(f *fault) { f.name = "counts double" },
		"no description":        func(f *fault) { f.says = "" },
		"no such guarantee":     func(f *fault) { f.breaks = "G11" },
		"no such layer":         func(f *fault) { f.must = "luck" },
		"an informative layer":  func(f *fault) { f.must = "aside" },
		"a name that was taken": func(f *fault) {},
	} {
		t.Run(claim, func(t *testing.T) {
			bad := good
			spoil(&bad)
			require.Error(t, checkFaults([]fault{good, bad}, layersOfSum()))
		})
	}
	require.NoError(t, checkFaults([]fault{good}, layersOfSum()))
}

func TestQuickAsksOnlyWhoMustFindAFaultAndOnce(t *testing.T) {
	quick := quickened(allLayers())
	require.Len(t, quick, len(allLayers())-1, "what is for information only is left out")
	for _, l := range quick {
		require.Len(t, l.runs, 1)
		s := &suite{reaches: map[string]bool{"fsm": true}}
		require.True(t, s.asked(l, fault{must: l.name, file: "fsm/fsm.go"}))
		require.False(t, s.asked(l, fault{must: l.name, file: "model/model.go"}))
		require.False(t, s.asked(l, fault{must: "another", file: "fsm/fsm.go"}))
	}
	require.Len(t, allLayers()[1].runs, 5, "the whole run is not touched by it")
}
