// Package lint_test holds the house rules that a program can check, as tests
// over the module's own source. Each rule stands with sources that break it and
// sources that do not, and is tested on both: a rule that finds nothing must be
// one that could have.
package lint_test

import (
	"maps"
	"os"
	"slices"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

// A rule is one thing that holds everywhere in the module.
type rule struct {
	claim string
	check func(*module) []string // what breaks the rule, each as path:line: what
	cases []sample
}

// A sample is a module in memory, from path to text, and what a rule finds there.
type sample struct {
	files map[string]string
	want  []string
}

func rules() []rule {
	return []rule{
		importsPointDown(),
		noGlobalState(),
		noInit(),
		noPanicInTheCore(),
		everyExportedNameIsDocumented(),
		gofmtHasNothingToDo(),
		filesAreShort(),
		packagesAreNamedForWhatTheyDo(),
		skipsGiveAReason(),
		onlyRequireAndOnlyInTests(),
		trackedFilesAreSmall(),
	}
}

// house returns this module.
func house(t *testing.T) *module {
	t.Helper()
	const root = "../.."
	tracked, err := trackedPaths(root)
	require.NoError(t, err)
	m, err := loadModule(os.DirFS(root), tracked)
	require.NoError(t, err)
	require.Subset(t, m.tracked, []string{"go.mod", "fsm/fsm.go", "internal/lint/lint_test.go"}, "the whole module is looked at")
	return m
}

func TestTheHouseKeepsItsRules(t *testing.T) {
	m := house(t)
	for _, r := range rules() {
		t.Run(r.claim, func(t *testing.T) {
			for _, found := range r.check(m) {
				t.Error(found)
			}
		})
	}
}

func TestEachRuleFindsWhatBreaksIt(t *testing.T) {
	for _, r := range rules() {
		t.Run(r.claim, func(t *testing.T) {
			broken := 0
			for _, s := range r.cases {
				require.ElementsMatch(t, s.want, r.check(inMemory(t, s.files)), "%v", s.files)
				if len(s.want) > 0 {
					broken++
				}
			}
			require.Positive(t, broken, "a sample that breaks the rule")
			require.Less(t, broken, len(r.cases), "a sample that keeps it")
		})
	}
}

// What is not parsed is not checked, so what is left out is pinned here.
func TestModuleLeavesOutWhatTheGoCommandDoes(t *testing.T) {
	const good, bad = "package p\n", "not Go\n"
	files := map[string]string{
		"a.go": good, "p/a_test.go": good, "p/testdata/a.go": bad, ".cache/a.go": bad, "_x/a.go": bad, "p/a.txt": bad,
	}
	m := inMemory(t, files)
	var parsed []string
	for _, f := range m.files {
		parsed = append(parsed, f.path)
	}
	require.ElementsMatch(t, []string{"a.go", "p/a_test.go"}, parsed)
	require.Len(t, m.tracked, len(files))

	_, err := loadModule(fstest.MapFS{"a.go": {Data: []byte(bad)}}, []string{"a.go"})
	require.Error(t, err)

	paths, err := allPaths(m.fsys)
	require.NoError(t, err)
	require.NotContains(t, paths, ".cache/a.go")
	require.Len(t, paths, len(files)-1)
}

func TestModuleForgetsWhatIsNoLongerThere(t *testing.T) {
	m, err := loadModule(fstest.MapFS{}, []string{"gone.go"})
	require.NoError(t, err)
	require.Empty(t, m.tracked)
	require.Empty(t, m.files)
}

func inMemory(t *testing.T, files map[string]string) *module {
	t.Helper()
	fsys := fstest.MapFS{}
	for name, text := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	m, err := loadModule(fsys, slices.Sorted(maps.Keys(files)))
	require.NoError(t, err)
	return m
}
