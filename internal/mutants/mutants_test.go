package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The sources change under the mutants: this tells at once which of them have to
// follow. That they compile, only a whole run shows.
func TestEveryMutantAppliesToTheSourcesAsTheyAre(t *testing.T) {
	for _, m := range allMutants() {
		t.Run(m.name, func(t *testing.T) {
			source, err := os.ReadFile(filepath.Join("../..", filepath.FromSlash(m.file)))
			require.NoError(t, err)
			edited, err := m.mutation().In(strings.ReplaceAll(string(source), "\r\n", "\n"))
			require.NoError(t, err)
			require.NotEqual(t, string(source), edited)
		})
	}
}

func TestTheMutantsMakeSense(t *testing.T) {
	mutants := allMutants()
	require.NoError(t, (&checks{layers: allLayers()}).validate(forRunner()))
	require.GreaterOrEqual(t, len(mutants), 135)
	broken := map[string]int{}
	for _, m := range mutants {
		broken[m.breaks]++
	}
	for _, g := range guarantees() {
		require.NotZero(t, broken[g], "a mutant that breaks %s", g)
	}
}
