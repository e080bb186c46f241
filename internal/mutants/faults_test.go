package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The sources change under the faults: this tells at once which of them have to
// follow. That they compile, only a whole run shows.
func TestEveryFaultAppliesToTheSourcesAsTheyAre(t *testing.T) {
	for _, f := range allFaults() {
		t.Run(f.name, func(t *testing.T) {
			source, err := os.ReadFile(filepath.Join("../..", filepath.FromSlash(f.file)))
			require.NoError(t, err)
			edited, err := f.mutant().In(strings.ReplaceAll(string(source), "\r\n", "\n"))
			require.NoError(t, err)
			require.NotEqual(t, string(source), edited)
		})
	}
}

func TestTheFaultsMakeSense(t *testing.T) {
	faults := allFaults()
	require.NoError(t, (&checks{layers: allLayers()}).validate(allMutants()))
	require.GreaterOrEqual(t, len(faults), 135)
	broken := map[string]int{}
	for _, f := range faults {
		broken[f.breaks]++
	}
	for _, g := range guarantees() {
		require.NotZero(t, broken[g], "a fault that breaks %s", g)
	}
}
