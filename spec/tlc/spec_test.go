package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// These tests hold the specification in this repository to being complete, which
// TLC cannot: what no model asks for, it does not miss.

const specification = ".."

func theManifest(t *testing.T) *manifest {
	m, err := loadManifest(filepath.Join(specification, manifestName))
	require.NoError(t, err)
	return m
}

func text(t *testing.T, name string) string {
	b, err := os.ReadFile(filepath.Join(specification, name))
	require.NoError(t, err)
	return string(b)
}

func TestTheManifestIsInOrder(t *testing.T) {
	m := theManifest(t)
	require.Empty(t, m.check(specification))
	require.Equal(t, text(t, manifestName), string(m.format()), "written as -update writes it")
}

func TestTheReadmeListsTheModels(t *testing.T) {
	want, err := theManifest(t).retable([]byte(text(t, readmeName)))
	require.NoError(t, err)
	require.Equal(t, string(want), text(t, readmeName), "go run ./spec/tlc -update writes it")
}

func TestEveryWitnessIsAskedFor(t *testing.T) {
	asked := map[string]bool{}
	for _, m := range theManifest(t).Models {
		asked[m.Invariant] = true
	}
	for _, name := range defined(t, "Witness.tla", `Never\w+`) {
		require.True(t, asked[name], "%s is in no model", name)
	}
}

func TestEveryMutantIsInAModel(t *testing.T) {
	used := map[string]bool{}
	cfgs, err := filepath.Glob(filepath.Join(specification, "mustfail", "*.cfg"))
	require.NoError(t, err)
	for _, cfg := range cfgs {
		for _, m := range regexp.MustCompile(`(?m)^ *\w+ <- (\w+)$`).FindAllStringSubmatch(text(t, filepath.Join("mustfail", filepath.Base(cfg))), -1) {
			used[m[1]] = true
		}
	}
	for _, file := range []string{"TokenMutants.tla", "HandoffMutants.tla", "TimeMutants.tla"} {
		for _, name := range defined(t, filepath.Join("mustfail", file), `\w+`) {
			if name != "LeaveUnrevoked" { // a part of others
				require.True(t, used[name], "%s of %s is in no model", name, file)
			}
		}
	}
}

// A clause that no mutant breaks might be true of everything.
func TestEveryClauseIsBrokenByAMutant(t *testing.T) {
	broken := map[string]bool{}
	for _, m := range theManifest(t).Models {
		broken[m.says()] = true
	}
	clauses := 0
	for _, guarantee := range guarantees(t) {
		for _, clause := range strings.FieldsFunc(definition(text(t, "Guarantees.tla"), guarantee), func(r rune) bool {
			return strings.ContainsRune(" \n/\\[]", r)
		}) {
			clauses++
			require.True(t, broken[clause], "%s of %s is broken by no model", clause, guarantee)
		}
	}
	require.Greater(t, clauses, 20)
}

// The bounded models ask for all guarantees, so a mutant is looked for everywhere.
func TestEveryGuaranteeIsAskedFor(t *testing.T) {
	for _, m := range theManifest(t).Models {
		switch filepath.Base(m.Module) {
		case "MC.tla", "TokenMutants.tla", "HandoffMutants.tla", "TimeMutants.tla":
		default:
			continue
		}
		if m.Name == "FailInductive" || m.Verdict == liveness || m.Graph != nil {
			continue // these ask for one thing each
		}
		_, properties := asked(text(t, m.Cfg))
		require.Subset(t, properties, guarantees(t), m.Name)
		require.Contains(t, properties, "RefinesHandoff", m.Name)
	}
}

// guarantees are what the theorem of Guarantees claims.
func guarantees(t *testing.T) []string {
	_, theorem, found := strings.Cut(text(t, "Guarantees.tla"), "THEOREM Spec => ")
	require.True(t, found)
	theorem, _, _ = strings.Cut(theorem, "\n\n")
	return strings.FieldsFunc(theorem, func(r rune) bool { return strings.ContainsRune(" \n/\\", r) })
}

// defined returns the operators of a module whose names match.
func defined(t *testing.T, name, match string) []string {
	var all []string
	for _, m := range regexp.MustCompile(`(?m)^(`+match+`)(\(.*\))? +==`).FindAllStringSubmatch(text(t, name), -1) {
		all = append(all, m[1])
	}
	require.NotEmpty(t, all)
	return all
}
